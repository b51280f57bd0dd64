/**
 * Turns failures of Node into reasons of `TransportError`: the only table of Node's, the resolver's and OpenSSL's codes.
 */
import type { DialStage } from "../DialStep.ts"
import { authorityOf } from "../Target.ts"
import {
  HostNotFound,
  Refused,
  Reset,
  TimedOut,
  TlsFailed,
  type TlsProblem,
  TransportError,
  type TransportReason,
  Unreachable
} from "../TransportError.ts"

/** Why a name could not be looked up. */
export const lookupReason = (host: string, family: 4 | 6 | "any", error: unknown): HostNotFound =>
  new HostNotFound({ host, code: codeOf(error), ...(family !== "any" && { family }) })

/** Why an address, or the path of a unix socket, could not be connected to. */
export const connectReason = (address: string, stage: DialStage, error: unknown): TransportReason => {
  const code = codeOf(error)
  switch (code) {
    case "ECONNREFUSED":
      return new Refused({ address })
    case "ETIMEDOUT":
      return new TimedOut({ stage })
    case "ECONNRESET":
    case "ERR_STREAM_PREMATURE_CLOSE":
      return new Reset({ code })
    case "EINVAL":
      // For a path, libuv means that it is too long.
      return new Unreachable({ address, code: stage === "unix" ? "ENAMETOOLONG" : code })
    default:
      return new Unreachable({ address, code })
  }
}

/** Why a socket of the program could not be opened: it looks names up itself, and may speak TLS. */
export const openReason = (host: string, port: number, error: unknown): TransportReason => {
  const code = codeOf(error)
  if (/^(ENOTFOUND|EAI_)/.test(code)) return lookupReason(host, "any", error)
  return tlsProblem(code) === undefined
    ? connectReason(authorityOf({ host, port }), "socket", error)
    : brokenReason(error)
}

/** Why a connection broke, in its TLS handshake or after. */
export const brokenReason = (error: unknown): TransportReason => {
  if (error instanceof TransportError) return error.reason
  const problem = tlsProblem(codeOf(error))
  return problem === undefined
    ? new Reset({ code: codeOf(error) })
    : new TlsFailed({ problem, detail: detailOf(error) })
}

/**
 * Why a TLS handshake failed, or the connection after it: in TLS 1.3 the server checks a client's certificate after the
 * client's handshake is done (RFC 8446 §4.4.2.4). Some alerts mean something else to a client that has shown no certificate.
 */
export const tlsReason = (
  error: unknown,
  client: {
    readonly hasCertificate: boolean
    /**
     * Whether the server has agreed on a cipher already. Then a handshake failure means a missing certificate, for which TLS
     * 1.2 has no alert of its own (RFC 5246 §7.4.6).
     */
    readonly isPastHello: boolean
  }
): TransportReason => {
  const reason = brokenReason(error)
  if (reason._tag !== "TlsFailed") return reason
  const isRefusal = reason.problem === "client certificate refused" || (client.isPastHello && isHandshakeFailure(error))
  if (!isRefusal) return reason
  const problem = client.hasCertificate ? "client certificate refused" : "client certificate required"
  return new TlsFailed({ problem, detail: reason.detail })
}

/**
 * Why a connection broke after its TLS handshake. The server is known to speak TLS, so a bad record means corruption; and an
 * error about a certificate means that there was another handshake.
 */
export const openTlsReason = (error: unknown, hasCertificate: boolean): TransportReason => {
  const reason = tlsReason(error, { hasCertificate, isPastHello: true })
  if (reason._tag !== "TlsFailed" || error instanceof TransportError) return reason
  const code = codeOf(error)
  if (certificateProblems[code] !== undefined) return new TlsFailed({ problem: "renegotiation", detail: reason.detail })
  const isCorrupt = (reason.problem === "other" || reason.problem === "not tls") && !isAlert.test(code)
  return isCorrupt ? new TlsFailed({ problem: "corrupt", detail: reason.detail }) : reason
}

/** Node's check of the certificate's name, as an error that it did not throw. */
export const identityReason = (error: Error): TransportReason =>
  new TlsFailed({ problem: "wrong host", detail: error.message })

/** The given certificates or keys cannot be used. */
export const certificateError = (option: string, error: unknown): TransportError =>
  new TransportError({
    reason: new TlsFailed({ problem: "bad certificate file", detail: `${option}: ${detailOf(error)}` })
  })

/** An option of TLS cannot be used, or not together with the others. */
export const optionError = (option: string, detail: string): TransportError =>
  new TransportError({ reason: new TlsFailed({ problem: "bad option", detail: `${option}: ${detail}` }) })

const tlsProblem = (code: string): TlsProblem | undefined => {
  // OpenSSL's names for the alerts of TLS 1.0's extensions (RFC 6066 §9) lack the word ALERT.
  const alert = isAlert.exec(code)?.[1]
  if (alert !== undefined) return alerts[alert] ?? "other"
  return certificateProblems[code] ?? sslProblems[code] ?? (/^ERR_(SSL|TLS|OSSL)_/.test(code) ? "other" : undefined)
}

const isAlert = /^ERR_SSL_(?:.*ALERT_|TLSV1_)(.+)$/

const isHandshakeFailure = (error: unknown) => /ALERT_HANDSHAKE_FAILURE$/.test(codeOf(error))

const codeOf = (error: unknown): string => {
  const code = error instanceof Error && "code" in error ? error.code : undefined
  return typeof code === "string" ? code : "unknown"
}

/** OpenSSL's own reason if there is one, since its `message` names source files. */
const detailOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  return "reason" in error && typeof error.reason === "string" && "library" in error ? error.reason : error.message
}

/** X.509 verification (OpenSSL's X509_V_ERR_*), and Node's check of the host name. */
const certificateProblems: Record<string, TlsProblem> = {
  CERT_HAS_EXPIRED: "expired",
  CERT_NOT_YET_VALID: "not yet valid",
  ERR_TLS_CERT_ALTNAME_INVALID: "wrong host",
  ERR_TLS_CERT_ALTNAME_FORMAT: "wrong host",
  HOSTNAME_MISMATCH: "wrong host",
  DEPTH_ZERO_SELF_SIGNED_CERT: "self-signed",
  SELF_SIGNED_CERT_IN_CHAIN: "unknown issuer",
  UNABLE_TO_GET_ISSUER_CERT: "unknown issuer",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "unknown issuer",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "unknown issuer",
  CERT_UNTRUSTED: "unknown issuer",
  CERT_REVOKED: "revoked",
  UNABLE_TO_GET_CRL: "revocation unknown",
  UNABLE_TO_GET_CRL_ISSUER: "revocation unknown",
  UNABLE_TO_DECRYPT_CRL_SIGNATURE: "revocation unknown",
  CRL_SIGNATURE_FAILURE: "revocation unknown",
  CRL_NOT_YET_VALID: "revocation unknown",
  CRL_HAS_EXPIRED: "revocation unknown",
  ERROR_IN_CRL_LAST_UPDATE_FIELD: "revocation unknown",
  ERROR_IN_CRL_NEXT_UPDATE_FIELD: "revocation unknown",
  UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY: "bad certificate",
  UNABLE_TO_DECRYPT_CERT_SIGNATURE: "bad certificate",
  // Everything that Node has no name for, such as a key that is too short. The detail tells.
  UNSPECIFIED: "bad certificate",
  CERT_REJECTED: "bad certificate",
  CERT_SIGNATURE_FAILURE: "bad certificate",
  CERT_CHAIN_TOO_LONG: "bad certificate",
  ERROR_IN_CERT_NOT_BEFORE_FIELD: "bad certificate",
  ERROR_IN_CERT_NOT_AFTER_FIELD: "bad certificate",
  INVALID_CA: "bad certificate",
  INVALID_PURPOSE: "bad certificate",
  PATH_LENGTH_EXCEEDED: "bad certificate"
}

/** What our own TLS engine found. */
const sslProblems: Record<string, TlsProblem> = {
  ERR_SSL_WRONG_VERSION_NUMBER: "not tls",
  ERR_SSL_PACKET_LENGTH_TOO_LONG: "not tls",
  ERR_SSL_RECORD_LAYER_FAILURE: "not tls",
  ERR_SSL_UNSUPPORTED_PROTOCOL: "protocol",
  ERR_SSL_VERSION_TOO_LOW: "protocol",
  ERR_SSL_NO_PROTOCOLS_AVAILABLE: "protocol",
  ERR_SSL_NO_SHARED_CIPHER: "cipher",
  ERR_SSL_EE_KEY_TOO_SMALL: "bad certificate",
  ERR_SSL_CERTIFICATE_VERIFY_FAILED: "bad certificate"
}

/** What the server told us in an alert (RFC 8446 §6.2), by the name that OpenSSL gives it. */
const alerts: Record<string, TlsProblem> = {
  PROTOCOL_VERSION: "protocol",
  HANDSHAKE_FAILURE: "cipher",
  INSUFFICIENT_SECURITY: "cipher",
  UNRECOGNIZED_NAME: "wrong host",
  NO_APPLICATION_PROTOCOL: "alpn",
  CERTIFICATE_REQUIRED: "client certificate refused",
  BAD_CERTIFICATE: "client certificate refused",
  UNSUPPORTED_CERTIFICATE: "client certificate refused",
  CERTIFICATE_REVOKED: "client certificate refused",
  CERTIFICATE_EXPIRED: "client certificate refused",
  CERTIFICATE_UNKNOWN: "client certificate refused",
  UNKNOWN_CA: "client certificate refused",
  ACCESS_DENIED: "client certificate refused",
  DECRYPT_ERROR: "client certificate refused"
}
