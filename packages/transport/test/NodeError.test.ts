/** Codes that a test cannot easily bring about over a socket. */
import { assert, describe, it } from "@effect/vitest"
import { brokenReason, openTlsReason } from "../src/internal/NodeError.ts"

const failure = (code: string, message = "as OpenSSL says it") => Object.assign(new Error(message), { code })

/** All that Node calls a verification that failed (its X509_V_ERR_* names), but for those of resources. */
const verification = [
  ..."CERT_CHAIN_TOO_LONG CERT_HAS_EXPIRED CERT_NOT_YET_VALID CERT_REJECTED CERT_REVOKED CERT_SIGNATURE_FAILURE".split(
    " "
  ),
  ..."CERT_UNTRUSTED CRL_HAS_EXPIRED CRL_NOT_YET_VALID CRL_SIGNATURE_FAILURE DEPTH_ZERO_SELF_SIGNED_CERT".split(" "),
  ..."ERROR_IN_CERT_NOT_AFTER_FIELD ERROR_IN_CERT_NOT_BEFORE_FIELD ERROR_IN_CRL_LAST_UPDATE_FIELD".split(" "),
  ..."ERROR_IN_CRL_NEXT_UPDATE_FIELD HOSTNAME_MISMATCH INVALID_CA INVALID_PURPOSE PATH_LENGTH_EXCEEDED".split(" "),
  ..."SELF_SIGNED_CERT_IN_CHAIN UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY UNABLE_TO_DECRYPT_CERT_SIGNATURE".split(" "),
  ..."UNABLE_TO_DECRYPT_CRL_SIGNATURE UNABLE_TO_GET_CRL UNABLE_TO_GET_ISSUER_CERT".split(" "),
  ..."UNABLE_TO_GET_ISSUER_CERT_LOCALLY UNABLE_TO_VERIFY_LEAF_SIGNATURE UNSPECIFIED".split(" ")
]

describe("a certificate that OpenSSL did not accept", () => {
  for (const code of verification) {
    it(`${code} is a failure of TLS, with a name`, () => {
      const reason = brokenReason(failure(code))
      assert.deepInclude(reason, { _tag: "TlsFailed", detail: "as OpenSSL says it" })
      assert.notPropertyVal(reason, "problem", "other")
    })
  }

  it("without a name of Node's is a bad certificate, and the detail says why", () => {
    const { message } = brokenReason(failure("UNSPECIFIED", "EE certificate key too weak"))
    assert.include(message, "bad certificate")
    assert.include(message, "EE certificate key too weak")
  })
})

describe("on an open connection", () => {
  for (const code of verification) {
    it(`${code} is about another handshake`, () => {
      assert.deepInclude(openTlsReason(failure(code), false), { _tag: "TlsFailed", problem: "renegotiation" })
    })
  }
  for (const [code, problem] of [
    ["ERR_SSL_WRONG_VERSION_NUMBER", "corrupt"],
    ["ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC", "corrupt"],
    ["ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR", "other"],
    ["ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED", "client certificate required"]
  ] as const) {
    it(`${code} is ${problem}`, () => assert.deepInclude(openTlsReason(failure(code), false), { problem }))
  }
})

describe("what is no failure of TLS", () => {
  for (const code of ["ECONNRESET", "EPIPE", "ERR_STREAM_PREMATURE_CLOSE"]) {
    it(`${code} is a Reset`, () => assert.deepInclude(brokenReason(failure(code)), { _tag: "Reset", code }))
  }
})
