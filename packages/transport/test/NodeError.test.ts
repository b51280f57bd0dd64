/** Codes that a test cannot easily bring about over a socket. */
import { assert, describe, it } from "@effect/vitest"
import type { DialStage, TlsProblem, TransportReason } from "@effect-websocket/transport"
import { brokenReason, connectReason, openReason, openTlsReason } from "../src/internal/NodeError.ts"

const failure = (code: string, message = "as OpenSSL says it") => Object.assign(new Error(message), { code })

/** All that Node calls a verification that failed (its X509_V_ERR_* names), but for those of resources. */
const certificates: Record<string, TlsProblem> = {
  CERT_CHAIN_TOO_LONG: "bad certificate",
  CERT_HAS_EXPIRED: "expired",
  CERT_NOT_YET_VALID: "not yet valid",
  CERT_REJECTED: "bad certificate",
  CERT_REVOKED: "revoked",
  CERT_SIGNATURE_FAILURE: "bad certificate",
  CERT_UNTRUSTED: "unknown issuer",
  CRL_HAS_EXPIRED: "revocation unknown",
  CRL_NOT_YET_VALID: "revocation unknown",
  CRL_SIGNATURE_FAILURE: "revocation unknown",
  DEPTH_ZERO_SELF_SIGNED_CERT: "self-signed",
  ERROR_IN_CERT_NOT_AFTER_FIELD: "bad certificate",
  ERROR_IN_CERT_NOT_BEFORE_FIELD: "bad certificate",
  ERROR_IN_CRL_LAST_UPDATE_FIELD: "revocation unknown",
  ERROR_IN_CRL_NEXT_UPDATE_FIELD: "revocation unknown",
  HOSTNAME_MISMATCH: "wrong host",
  INVALID_CA: "bad certificate",
  INVALID_PURPOSE: "bad certificate",
  PATH_LENGTH_EXCEEDED: "bad certificate",
  SELF_SIGNED_CERT_IN_CHAIN: "unknown issuer",
  UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY: "bad certificate",
  UNABLE_TO_DECRYPT_CERT_SIGNATURE: "bad certificate",
  UNABLE_TO_DECRYPT_CRL_SIGNATURE: "revocation unknown",
  UNABLE_TO_GET_CRL: "revocation unknown",
  UNABLE_TO_GET_CRL_ISSUER: "revocation unknown",
  UNABLE_TO_GET_ISSUER_CERT: "unknown issuer",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "unknown issuer",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "unknown issuer",
  UNSPECIFIED: "bad certificate",
  // Node's own check of the name.
  ERR_TLS_CERT_ALTNAME_INVALID: "wrong host",
  ERR_TLS_CERT_ALTNAME_FORMAT: "wrong host"
}

/** What our engine finds besides, and what a server's alert says, under the three names that OpenSSL has for alerts. */
const handshakes: Record<string, TlsProblem> = {
  ERR_SSL_WRONG_VERSION_NUMBER: "not tls",
  ERR_SSL_PACKET_LENGTH_TOO_LONG: "not tls",
  ERR_SSL_RECORD_LAYER_FAILURE: "not tls",
  ERR_SSL_UNSUPPORTED_PROTOCOL: "protocol",
  ERR_SSL_VERSION_TOO_LOW: "protocol",
  ERR_SSL_NO_PROTOCOLS_AVAILABLE: "protocol",
  ERR_SSL_NO_SHARED_CIPHER: "cipher",
  ERR_SSL_EE_KEY_TOO_SMALL: "bad certificate",
  ERR_SSL_CERTIFICATE_VERIFY_FAILED: "bad certificate",
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: "protocol",
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: "cipher",
  ERR_SSL_TLSV1_ALERT_INSUFFICIENT_SECURITY: "cipher",
  ERR_SSL_TLSV1_UNRECOGNIZED_NAME: "wrong host",
  ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL: "alpn",
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: "client certificate refused",
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: "client certificate refused",
  ERR_SSL_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE: "client certificate refused",
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED: "client certificate refused",
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: "client certificate refused",
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN: "client certificate refused",
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: "client certificate refused",
  ERR_SSL_TLSV1_ALERT_ACCESS_DENIED: "client certificate refused",
  ERR_SSL_TLSV1_ALERT_DECRYPT_ERROR: "client certificate refused",
  ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR: "other",
  ERR_SSL_NO_CIPHERS_AVAILABLE: "other",
  ERR_TLS_HANDSHAKE_TIMEOUT: "other",
  ERR_OSSL_EVP_UNSUPPORTED: "other"
}

describe("a handshake that failed", () => {
  for (const [code, problem] of Object.entries(handshakes)) {
    it(`${code} is ${problem}`, () => {
      assert.deepInclude(brokenReason(failure(code)), { _tag: "TlsFailed", problem, detail: "as OpenSSL says it" })
    })
  }
})

describe("an address that could not be connected to", () => {
  const address = "127.0.0.1:80"
  const rows: ReadonlyArray<readonly [code: string, stage: DialStage, reason: Partial<TransportReason>]> = [
    ["ECONNREFUSED", "tcp", { _tag: "Refused", address }],
    ["ECONNREFUSED", "unix", { _tag: "Refused", address }],
    ["ETIMEDOUT", "tcp", { _tag: "TimedOut", stage: "tcp" }],
    ["ECONNRESET", "tcp", { _tag: "Reset", code: "ECONNRESET" }],
    ["EINVAL", "tcp", { _tag: "Unreachable", address, code: "EINVAL" }],
    ["EINVAL", "unix", { _tag: "Unreachable", address, code: "ENAMETOOLONG" }],
    ["ENETUNREACH", "tcp", { _tag: "Unreachable", address, code: "ENETUNREACH" }]
  ]
  for (const [code, stage, reason] of rows) {
    it(`${code}, ${stage}: ${JSON.stringify(reason)}`, () => {
      assert.deepInclude(connectReason(address, stage, failure(code)), reason)
    })
  }
})

describe("somebody else's socket that did not open", () => {
  const address = "ws.test:443"
  const rows: ReadonlyArray<readonly [code: string, reason: Partial<TransportReason>]> = [
    ["ENOTFOUND", { _tag: "HostNotFound", host: "ws.test", code: "ENOTFOUND" }],
    ["EAI_AGAIN", { _tag: "HostNotFound", host: "ws.test", code: "EAI_AGAIN" }],
    ["CERT_HAS_EXPIRED", { _tag: "TlsFailed", problem: "expired" }],
    ["ECONNREFUSED", { _tag: "Refused", address }],
    ["ETIMEDOUT", { _tag: "TimedOut", stage: "socket" }],
    ["EHOSTUNREACH", { _tag: "Unreachable", address, code: "EHOSTUNREACH" }]
  ]
  for (const [code, reason] of rows) {
    it(`${code}: ${JSON.stringify(reason)}`, () => {
      assert.deepInclude(openReason("ws.test", 443, failure(code)), reason)
    })
  }
})

describe("a certificate that OpenSSL did not accept", () => {
  for (const [code, problem] of Object.entries(certificates)) {
    it(`${code} is ${problem}`, () => {
      assert.deepInclude(brokenReason(failure(code)), { _tag: "TlsFailed", problem, detail: "as OpenSSL says it" })
    })
  }

  it("without a name of Node's is a bad certificate, and the detail says why", () => {
    const { message } = brokenReason(failure("UNSPECIFIED", "EE certificate key too weak"))
    assert.include(message, "bad certificate")
    assert.include(message, "EE certificate key too weak")
  })
})

describe("on an open connection", () => {
  for (const code of Object.keys(certificates)) {
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
