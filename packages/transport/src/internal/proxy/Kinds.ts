/** Every kind of proxy, by the scheme of its URL. To add one, write a file that exports `kinds`, and a line here. */
import * as HttpConnect from "./HttpConnect.ts"
import type { Credentials, ProxyServer } from "./ProxyServer.ts"
import * as Socks4 from "./Socks4.ts"
import * as Socks5 from "./Socks5.ts"
import type { Endpoint, Tunnel } from "./Tunnel.ts"

export interface Kind {
  readonly defaultPort: number
  /** Whether the connection to the proxy is TLS. */
  readonly isTls: boolean
  /** What it can be asked for. If it does not take names, we look them up. */
  readonly takes: "names" | "addresses" | "IPv4 addresses"
  /** Why its protocol cannot carry these credentials; undefined if it can. */
  readonly problemOf: (credentials: Credentials) => string | undefined
  /** The header that means the same as credentials in the URL, so that a program may give only one of them. */
  readonly authorization?: string
  readonly tunnel: (to: Endpoint, server: ProxyServer) => Tunnel
}

export const kinds: Readonly<Record<string, Kind>> = {
  ...HttpConnect.kinds,
  ...Socks4.kinds,
  ...Socks5.kinds
}
