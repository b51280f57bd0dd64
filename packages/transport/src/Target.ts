/** What to connect to, whichever transport opens the byte stream. */
import type { AddressOptions } from "./AddressOptions.ts"
import type { Report } from "./DialStep.ts"
import type { NoProxy, ProxyOptions } from "./ProxyOptions.ts"
import type { SocketOptions } from "./SocketOptions.ts"
import type { TlsOptions } from "./TlsOptions.ts"

/** What to connect to directly: the server, or the nearest proxy. */
export interface Destination {
  /** A host name or an IP literal, IPv6 without brackets and with its zone, such as `fe80::1%eth0`. */
  readonly host: string
  /** 1 to 65535. */
  readonly port: number
  /** The path of a unix socket to connect to in place of host and port, which then only name the server. */
  readonly socketPath?: string | undefined
  /** Which addresses of the host are tried, and how. Default: all of them. */
  readonly addresses?: AddressOptions | undefined
  /** Options of the TCP socket. Default: no delay, and TCP keep-alive after 30 s. */
  readonly socket?: SocketOptions | undefined
  /** Called synchronously when a stage starts and when it ends. Must not throw. */
  readonly report: Report
}

/** Where to connect, by which route, and with which TLS. */
export interface Target extends Destination {
  /** How to secure the connection; undefined for plain TCP. */
  readonly tls?: TlsOptions | undefined
  /** The proxies on the way. Default: none. A unix socket has none in any case. */
  readonly proxy?: ProxyOptions | undefined
  /** Hosts that are dialled directly, without the proxies. */
  readonly noProxy?: NoProxy | undefined
}

/** `example.com:443`, `[::1]:443`. */
export const authorityOf = ({ host, port }: Pick<Destination, "host" | "port">): string =>
  host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`
