/**
 * What one attempt asks for: a URL, the settings for it, and the credentials that may be sent there. They determine the bytes
 * of the opening handshake's request, and what its answer may agree to.
 *
 * `Redirect` decides which request follows a redirect, and the jar which cookies there are.
 */
import { type HttpHead, OpeningHandshake, PerMessageDeflate } from "@effect-websocket/core"
import { NodePlatform } from "@effect-websocket/transport"
import * as Redacted from "effect/Redacted"
import { InvalidOptions } from "../ConnectError.ts"
import type { Settings } from "../Options.ts"
import type { ParsedUrl } from "./Url.ts"

export interface UpgradeRequest {
  readonly url: ParsedUrl
  readonly settings: Settings
  /** From the userinfo of the program's URL. */
  readonly authorization: Redacted.Redacted | undefined
  /** The Cookie header, from the jar. */
  readonly cookie: Redacted.Redacted | undefined
}

/** The bytes to send; or which option is illegal, and what to write instead. */
export const format = (request: UpgradeRequest, nonce: Uint8Array): Uint8Array | InvalidOptions => {
  const { settings, url } = request
  const { host, origin, subprotocols, userAgent } = settings
  const offers = offersOf(settings)
  const headers = headersOf(request)
  if (headers === conflict) return new InvalidOptions({ problem: conflict })
  const bytes = OpeningHandshake.request({
    uri: url.uri,
    nonce,
    subprotocols,
    headers,
    encodeBase64: NodePlatform.encodeBase64,
    encodeLatin1: NodePlatform.encodeLatin1,
    host,
    origin,
    extensions: offers.length > 0 ? PerMessageDeflate.formatOffers(offers) : undefined,
    userAgent
  })
  return bytes instanceof Uint8Array ? bytes : new InvalidOptions({ problem: `${bytes.field}: ${bytes.problem}` })
}

/** Reads the answer to it. */
export const reader = ({ settings }: UpgradeRequest, nonce: Uint8Array): OpeningHandshake.Reader =>
  OpeningHandshake.reader({
    nonce,
    subprotocols: settings.subprotocols,
    offers: offersOf(settings),
    sha1: NodePlatform.sha1,
    sha1Base64: NodePlatform.sha1Base64,
    encodeBase64: NodePlatform.encodeBase64,
    decodeLatin1: NodePlatform.decodeLatin1,
    limits: settings.limits
  })

const offersOf = ({ compression }: Settings) => (compression === false ? [] : compression.offers)

const conflict = "headers: the URL holds credentials, and there is an Authorization header: give one of them"

/** The program's headers, together with the URL's credentials and the jar's cookies. */
const headersOf = ({ authorization, cookie, settings }: UpgradeRequest): Array<HttpHead.Header> | typeof conflict => {
  const headers = Object.entries(settings.headers).map(
    ([name, value]): HttpHead.Header => [name, Redacted.isRedacted(value) ? Redacted.value(value) : value]
  )
  if (authorization !== undefined) {
    if (headers.some(([name]) => name.toLowerCase() === "authorization")) return conflict
    headers.push(["Authorization", Redacted.value(authorization)])
  }
  if (cookie === undefined) return headers
  const kept = Redacted.value(cookie)
  const given = headers.findIndex(([name]) => name.toLowerCase() === "cookie")
  if (given === -1) return [...headers, ["Cookie", kept]]
  const [name, value] = headers[given]!
  return headers.with(given, [name, withoutRepeats(value, kept)])
}

/** One Cookie header (RFC 6265 §5.4). If a cookie has the same name as one of the program's, the program's is sent. */
const withoutRepeats = (given: string, cookie: string): string => {
  const nameOf = (pair: string) => pair.split("=", 1)[0]!.trim()
  const names = new Set(given.split(";").map(nameOf))
  return [given, ...cookie.split("; ").filter((pair) => !names.has(nameOf(pair)))].join("; ")
}
