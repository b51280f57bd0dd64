/**
 * Why there is no connection, or no longer one: one error, `TransportError`, with a tagged reason. Each reason derives a
 * message that says what was tried and what to do about it. No message holds a secret, and text from the peer is escaped first.
 *
 * `internal/NodeError.ts` decides which failure of Node means which reason.
 */
import * as Schema from "effect/Schema"
import { escapePeerText } from "./PeerText.ts"
import { ProxyFailed } from "./ProxyFailed.ts"

const aboutProxy = {
  /** The proxy that failed, without credentials: `http://proxy.test:3128`. Absent if it was the server. */
  proxy: Schema.optionalKey(Schema.String)
}

/** The name has no address, or could not be looked up. */
export class HostNotFound extends Schema.TaggedError<HostNotFound>("@effect-websocket/transport/HostNotFound")(
  "HostNotFound",
  {
    host: Schema.String,
    /** The resolver's code, such as `ENOTFOUND`, or `EAI_AGAIN` if it did not answer. */
    code: Schema.String,
    /** The IP version that was wanted; absent if either would do. */
    family: Schema.optionalKey(Schema.Literals([4, 6])),
    ...aboutProxy
  }
) {
  override get message() {
    const { code, family } = this
    const host = called(`"${this.host}"`, this.proxy)
    if (code === "EAI_AGAIN") {
      return `The name server did not answer for ${host}: check the network and its DNS settings, or try again`
    }
    const own = ownAdvice[code]
    if (own !== undefined) return `This process could not look up ${host} (${code}): ${own}`
    return family === undefined
      ? `No address was found for ${host} (${code}): check the spelling of the host name`
      : `No IPv${family} address was found for ${host} (${code}): check the host name, or allow the other IP version (family, localAddress)`
  }
}

/** The host answered that nothing listens on the port, or the unix socket exists but nothing listens on it. */
export class Refused extends Schema.TaggedError<Refused>("@effect-websocket/transport/Refused")("Refused", {
  /** `127.0.0.1:443`, `[::1]:443`, or the path of a unix socket. */
  address: Schema.String,
  ...aboutProxy
}) {
  override get message() {
    const what = this.proxy === undefined ? "server" : "proxy"
    return `${called(this.address, this.proxy)} refused the connection: check that the ${what} is running and listens there`
  }
}

/** The address could not be reached. */
export class Unreachable extends Schema.TaggedError<Unreachable>("@effect-websocket/transport/Unreachable")(
  "Unreachable",
  {
    /** `127.0.0.1:443`, `[::1]:443`, or the path of a unix socket. */
    address: Schema.String,
    /** The operating system's code, such as `EHOSTUNREACH`. */
    code: Schema.String,
    ...aboutProxy
  }
) {
  override get message() {
    const advice = unreachableAdvice[this.code] ?? "check the route and any firewall between here and there"
    return `${called(this.address, this.proxy)} could not be reached (${this.code}): ${advice}`
  }
}

/** The connection was open, and broke without a clean end. */
export class Reset extends Schema.TaggedError<Reset>("@effect-websocket/transport/Reset")("Reset", {
  /** The operating system's code, such as `ECONNRESET`; absent if this side destroyed the connection. */
  code: Schema.optionalKey(Schema.String),
  ...aboutProxy
}) {
  override get message() {
    if (this.code === undefined) {
      return "The connection was destroyed on this side: its scope was closed, so open a new one"
    }
    const whose = this.proxy === undefined ? "" : ` with the proxy ${this.proxy}`
    return `The connection${whose} broke (${this.code}): the peer or something on the way dropped it, so open a new one`
  }
}

/** A stage took too long. */
export class TimedOut extends Schema.TaggedError<TimedOut>("@effect-websocket/transport/TimedOut")("TimedOut", {
  /** The stage that was running: a `DialStage`, or one that a layer above names. */
  stage: Schema.String
}) {
  override get message() {
    return `Opening the connection timed out (${this.stage}): check the address and the network, or allow more time`
  }
}

/** What is wrong with the TLS handshake, the peer's certificate or our own. */
export const TlsProblem = Schema.Literals([
  "expired",
  "not yet valid",
  "wrong host",
  "self-signed",
  "unknown issuer",
  "revoked",
  "revocation unknown",
  "pin mismatch",
  "refused",
  "bad certificate",
  "client certificate required",
  "client certificate refused",
  "bad certificate file",
  "bad option",
  "key log",
  "protocol",
  "cipher",
  "alpn",
  "not tls",
  "corrupt",
  "renegotiation",
  "other"
])
export type TlsProblem = typeof TlsProblem.Type

/** The TLS handshake failed, or could not be tried with the certificates given. */
export class TlsFailed extends Schema.TaggedError<TlsFailed>("@effect-websocket/transport/TlsFailed")("TlsFailed", {
  problem: TlsProblem,
  /** What the TLS engine said, or which file is meant. May quote the peer's certificate. */
  detail: Schema.String,
  ...aboutProxy
}) {
  override get message() {
    const { detail, problem, proxy } = this
    const [whom, advice] =
      proxy === undefined ? ["", tlsAdvice[problem]] : [` with the proxy ${proxy}`, tlsAdviceOfProxy(problem)]
    const said = detail === "" ? advice : `${escapePeerText(detail)} (${advice})`
    return `TLS${whom} failed (${problem}): ${said}`
  }
}

/** Why there is no byte stream, or no longer one. */
export const TransportReason = Schema.Union([
  HostNotFound,
  Refused,
  Unreachable,
  Reset,
  TimedOut,
  TlsFailed,
  ProxyFailed
])
export type TransportReason = typeof TransportReason.Type

/** The one error of this package. Handle it by reason: `Effect.catchReason("TransportError", "Refused", ...)`. */
export class TransportError extends Schema.TaggedError<TransportError>("@effect-websocket/transport/TransportError")(
  "TransportError",
  { reason: TransportReason }
) {
  override get message() {
    return this.reason.message
  }
}

const called = (name: string, proxy: string | undefined): string =>
  proxy === undefined ? name : `${name} (the proxy ${proxy})`

/** What this process may not do, whoever it is about. */
const ownAdvice: Record<string, string> = {
  EMFILE: "too many files are open, so raise the limit of open files",
  ENFILE: "too many files are open, so raise the limit of open files",
  ERR_ACCESS_DENIED: "Node's permission model forbids it, so start Node with --allow-net"
}

const unreachableAdvice: Record<string, string> = {
  EACCES: "the operating system forbids it, so check permissions and firewall",
  EPERM: "the operating system forbids it, so check permissions and firewall",
  EADDRNOTAVAIL:
    "this machine has no such address, or its ports are taken, so check localAddress and localPort, or close idle connections",
  EADDRINUSE: "the local port is taken, so choose another localPort, or none",
  EINVAL: "the local address does not lead there, so choose another localAddress",
  ENOENT: "there is no such socket, so check the path, and that the server is running",
  ENOTDIR: "there is no such socket, so check the path",
  ENAMETOOLONG: "the path of a unix socket has at most about 100 bytes and no NUL, so choose another one",
  // Of a unix socket: connecting to one never waits.
  EAGAIN: "its server has too many connections to accept, so try again, and check that it is not stuck",
  EPROTOTYPE: "it is a socket of another kind, so check the path",
  ...ownAdvice
}

const tlsAdvice: Record<TlsProblem, string> = {
  expired: "the server's certificate has expired, so renew it, and check the clock of this machine",
  "not yet valid": "the server's certificate is not valid yet, so check the clocks of both machines",
  "wrong host": "the server's certificate is for another name, so check the host, or set serverName",
  "self-signed": "the server's certificate is self-signed, so pass it, or the authority that signed it, as ca",
  "unknown issuer": "no authority trusted here has signed the server's certificate, so pass its authority as ca",
  revoked: "the server's certificate was revoked, so it needs a new one",
  "revocation unknown":
    "the lists given as crl do not tell whether it was revoked, so give the current one of each authority in its chain",
  "pin mismatch":
    "the server's certificate is none of those in pins, so find out who answers here, and pin its new one if it is meant",
  refused: "the program's own check refused the server's certificate, so find out who answers here",
  "bad certificate": "the server's certificate cannot be used for this, so it needs another one",
  "client certificate required": "the server wants a client certificate, so give one as cert and key, or as pfx",
  "client certificate refused":
    "the server does not take this client certificate, so check that it is current and of an authority that it trusts",
  "bad certificate file": "a certificate or key given here cannot be used, so check what the option names",
  "bad option": "an option given here cannot be used, so correct it",
  "key log": "it cannot be written, so check its path, and the room on its disk",
  protocol:
    "both sides have no TLS version in common, and versions below 1.2 are not used, so check minVersion and maxVersion, or update the server",
  cipher: "both sides have no cipher, group or signature algorithm in common, so check ciphers and groups",
  alpn: "the server speaks no application protocol that was offered, so check alpn",
  "not tls":
    "the server does not speak TLS on this port, so check the port, or use ws: if this server is meant to be without TLS",
  corrupt: "what came on the open connection is not what the server sent over TLS, so open a new one",
  renegotiation:
    "the server began another handshake on the open connection, which is always refused, so configure it to ask for everything in the first one",
  other: "one of the two TLS engines gave up, so see what it says, and look at the server's log"
}

const tlsAdviceOfProxy = (problem: TlsProblem): string =>
  problem === "not tls"
    ? "it does not speak TLS on this port, so check the port, or write http: in its URL if it is meant to be without TLS"
    : `${tlsAdvice[problem].replaceAll("the server", "the proxy")} (the TLS options of a proxy are next to its URL)`
