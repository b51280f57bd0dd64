/** Every kind of proxy there is, by the scheme of its URL. A new one is a file that exports `kinds`, and a line here. */
import * as HttpConnect from "./HttpConnect.ts"
import type { Credentials, ProxyServer } from "./ProxyServer.ts"
import * as Socks4 from "./Socks4.ts"
import * as Socks5 from "./Socks5.ts"
import type { Endpoint, Tunnel } from "./Tunnel.ts"

export interface Kind {
  readonly defaultPort: number
  /** Whether the proxy itself is spoken to over TLS. */
  readonly isTls: boolean
  /** What it can be asked for. Names that it does not take are looked up before. */
  readonly takes: "names" | "addresses" | "IPv4 addresses"
  /** Why its protocol has no room for these credentials; undefined when it has. */
  readonly problemOf: (credentials: Credentials) => string | undefined
  /** The header of a program's own that says what the credentials of the URL say. */
  readonly authorization?: string
  readonly tunnel: (to: Endpoint, server: ProxyServer) => Tunnel
}

export const kinds: Readonly<Record<string, Kind>> = {
  ...HttpConnect.kinds,
  ...Socks4.kinds,
  ...Socks5.kinds
}
