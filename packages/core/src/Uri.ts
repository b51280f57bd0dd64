/**
 * A WebSocket URI in its parts (RFC 6455 §3): what the opening handshake puts on the wire, checked once.
 *
 * The platform parses text (`URL` in `client`). This module knows which parts may be in a request line and a Host header, so
 * that no input of a program can end one and begin another.
 */
export interface Uri {
  /** wss: the byte stream is TLS. */
  readonly secure: boolean
  /** A name or an address, IPv6 without its brackets. */
  readonly host: string
  /** 1 to 65535. */
  readonly port: number
  /** Path and query: "/" and what follows it, percent-encoded, without a fragment. */
  readonly resourceName: string
}

export interface InvalidUri {
  readonly _tag: "InvalidUri"
  readonly part: "host" | "port" | "resourceName"
  /** One sentence: what is legal. */
  readonly problem: string
}

/** The frozen URI of these parts, or the first part that is illegal. */
export const make = ({ host, port, resourceName, secure }: Uri): Uri | InvalidUri => {
  if (!name.test(host) && !ipv6.test(host)) return invalid("host", "a host is a name or an address, percent-encoded")
  if (!Number.isInteger(port) || port < 1 || port > 0xffff) return invalid("port", "a port is between 1 and 65535")
  if (!isResourceName(resourceName)) {
    return invalid("resourceName", 'a resource name begins with "/", is percent-encoded and has no fragment')
  }
  return Object.freeze({ secure, host, port, resourceName })
}

/** 80 for ws, 443 for wss (RFC 6455 §3). */
export const defaultPort = (secure: boolean): number => (secure ? 443 : 80)

/** The value of the Host header, without the port if it is the scheme's default (RFC 6455 §4.1, requirement 4). */
export const hostHeader = ({ host, port, secure }: Uri): string => {
  const bracketed = host.includes(":") ? `[${host}]` : host
  return port === defaultPort(secure) ? bracketed : `${bracketed}:${port}`
}

/** May this text be a Host header? For programs that name another host than the one they dial. */
export const isHostHeader = (text: string): boolean => authority.test(text)

/** May this text be the target of a request line? */
export const isResourceName = (text: string): boolean => resource.test(text)

export const format = (uri: Uri): string => `${uri.secure ? "wss" : "ws"}://${hostHeader(uri)}${uri.resourceName}`

const invalid = (part: InvalidUri["part"], problem: string): InvalidUri =>
  Object.freeze({ _tag: "InvalidUri", part, problem })

// RFC 3986 §3.2.2. Only one class repeats between anchors, so matching takes linear time.
const name = /^[\w\-.~!$&'()*+,;=%]+$/
const ipv6 = /^[\dA-Fa-f.]*:[\dA-Fa-f.]*:[\dA-Fa-f:.]*$/
const authority = /^(?:[\w\-.~!$&'()*+,;=%]+|\[[\dA-Fa-f:.]+\])(?::\d{1,5})?$/
/** Visible ASCII except "#" (RFC 6455 §3: no fragments). */
const resource = /^\/[!"$-~]*$/
