/** One proxy: the parts of its URL, and the program's other options for it. */
import { domainToASCII } from "node:url"
import { type HttpHead, Uri } from "@effect-websocket/core"
import * as Redacted from "effect/Redacted"
import { authorityOf } from "../../Target.ts"
import type { TlsOptions } from "../../TlsOptions.ts"
import { kinds } from "./Kinds.ts"

export interface ProxyServer {
  /** One of `kinds`. */
  readonly scheme: string
  /** A name in ASCII or an IP literal, IPv6 without brackets. */
  readonly host: string
  readonly port: number
  readonly credentials: Redacted.Redacted<Credentials> | undefined
  /** For a proxy whose connection is TLS. */
  readonly tls: TlsOptions
  /** Additional headers of a CONNECT. */
  readonly headers: HttpHead.Headers
}

export interface Credentials {
  readonly username: string
  readonly password: string
}

export type Address = Omit<ProxyServer, "tls" | "headers">

/** The parts of a proxy's URL; or what is wrong with it, without quoting it. */
export const parse = (text: string): Address | string => {
  // Without slashes, the platform would take a host's name for a scheme.
  const url = text.includes("://") && URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined)
    return "a proxy's URL is scheme://user:password@host:port, with what is special in it percent-encoded"
  const scheme = url.protocol.slice(0, -1)
  const kind = Object.hasOwn(kinds, scheme) ? kinds[scheme] : undefined
  if (kind === undefined) return `a proxy's scheme is one of ${Object.keys(kinds).join(", ")}`
  if (!/^\/?$/.test(url.pathname) || /[?#]/.test(text)) return "a proxy's URL has no path, query or fragment"
  const host = hostOf(url)
  if (host === undefined) return "a proxy's host is a name or an address"
  const port = url.port === "" ? kind.defaultPort : Number(url.port)
  if (port === 0) return "a proxy's port is between 1 and 65535"
  const credentials = credentialsOf(url)
  if (credentials === invalid) return "a user and a password in a URL are percent-encoded UTF-8"
  const problem = credentials && kind.problemOf(credentials)
  if (problem !== undefined) return problem
  return { scheme, host, port, credentials: credentials && Redacted.make(credentials, { label: "proxy credentials" }) }
}

/** The URL without credentials. */
export const format = (server: Address): string => `${server.scheme}://${authorityOf(server)}`

/** The host, checked here, since the platform does not check hosts of schemes that it does not know. */
const hostOf = ({ hostname }: URL): string | undefined => {
  const name = decode(hostname)
  // `domainToASCII` would drop line breaks.
  if (name === undefined || /\p{Cc}/u.test(name)) return undefined
  const ascii = domainToASCII(name).replace(/^\[|\]$/g, "")
  const uri = Uri.make({ secure: false, host: ascii, port: 1, resourceName: "/" })
  return "_tag" in uri ? undefined : uri.host
}

const credentialsOf = (url: URL): Credentials | undefined | typeof invalid => {
  if (url.username === "" && url.password === "") return undefined
  const [username, password] = [decode(url.username), decode(url.password)]
  return username === undefined || password === undefined ? invalid : { username, password }
}

const decode = (text: string): string | undefined => {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

const invalid = "invalid"
