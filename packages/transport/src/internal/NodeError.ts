/**
 * Which failure of Node is which reason of `TransportError`: the one table of Node's, the resolver's and OpenSSL's
 * codes.
 */
import type { DialStage } from "../DialStep.ts"
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
      return new Reset({ code })
    case "EINVAL":
      // Of a path, which libuv then finds too long.
      return new Unreachable({ address, code: stage === "unix" ? "ENAMETOOLONG" : code })
    default:
      return new Unreachable({ address, code })
  }
}

/** Why somebody else's socket could not be opened, who looks names up and may speak TLS himself. */
export const openReason = (host: string, port: number, error: unknown): TransportReason => {
  const code = codeOf(error)
  if (/^(ENOTFOUND|EAI_)/.test(code)) return lookupReason(host, "any", error)
  return tlsProblem(code) === undefined ? connectReason(`${host}:${port}`, "socket", error) : brokenReason(error)
}

/** Why a connection broke, in its TLS handshake or after. */
export const brokenReason = (error: unknown): TransportReason => {
  if (error instanceof TransportError) return error.reason
  const problem = tlsProblem(codeOf(error))
  return problem === undefined
    ? new Reset({ code: codeOf(error) })
    : new TlsFailed({ problem, detail: detailOf(error) })
}

/** Why the certificates or keys given cannot be used. */
export const certificateReason = (what: string, error: unknown): TransportReason =>
  new TlsFailed({ problem: "bad certificate file", detail: `${what}: ${detailOf(error)}` })

const tlsProblem = (code: string): TlsProblem | undefined => {
  // Alerts of TLS 1.0's extensions (RFC 6066 §9) are named without the word.
  const alert = /^ERR_SSL_(?:.*ALERT_|TLSV1_)(.+)$/.exec(code)?.[1]
  if (alert !== undefined) return alerts[alert] ?? "other"
  return certificateProblems[code] ?? sslProblems[code] ?? (/^ERR_(SSL|TLS|OSSL)_/.test(code) ? "other" : undefined)
}

const codeOf = (error: unknown): string => {
  const code = error instanceof Error && "code" in error ? error.code : undefined
  return typeof code === "string" ? code : "unknown"
}

/** OpenSSL's own words when it has some: its `message` names source files. */
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
  CERTIFICATE_REQUIRED: "bad client certificate",
  BAD_CERTIFICATE: "bad client certificate",
  UNSUPPORTED_CERTIFICATE: "bad client certificate",
  CERTIFICATE_REVOKED: "bad client certificate",
  CERTIFICATE_EXPIRED: "bad client certificate",
  CERTIFICATE_UNKNOWN: "bad client certificate",
  UNKNOWN_CA: "bad client certificate",
  ACCESS_DENIED: "bad client certificate",
  DECRYPT_ERROR: "bad client certificate"
}
