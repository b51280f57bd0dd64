/**
 * The opening handshake from the server's side (RFC 6455 §4.2): the request as it came, the answer that is due, and
 * the permessage-deflate offers in it. What an answer gets wrong on purpose is written in the cases.
 */
import { createHash } from "node:crypto"
import type { Offers, Opening, Request, Step } from "./Case.ts"

/** The request up to its empty line, and the octets behind it; undefined while the head is incomplete. */
export const read = (octets: Buffer): { readonly request: Request; readonly rest: Buffer } | undefined => {
  const end = octets.indexOf("\r\n\r\n")
  if (end < 0) return undefined
  const head = octets.toString("latin1", 0, end)
  const [requestLine = "", ...lines] = head.split("\r\n")
  const headers = lines.map((line) => {
    const colon = line.indexOf(":")
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const
  })
  return { request: { head, requestLine, headers }, rest: octets.subarray(end + 4) }
}

/** The values of one header, in the order of the wire. */
export const values = (request: Request, name: string): ReadonlyArray<string> =>
  request.headers.filter(([key]) => key === name).map(([, value]) => value)

/** What `Sec-WebSocket-Accept` has to be (RFC 6455 §4.2.2, step 5.4). */
export const accept = (request: Request): string => {
  const key = values(request, "sec-websocket-key")[0] ?? ""
  return createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64")
}

/** The response that RFC 6455 §4.2.2 asks for. */
export const answer = ({ accept, extensions }: Opening): ReadonlyArray<Step> => [
  { write: Buffer.from(`${switching}Sec-WebSocket-Accept: ${accept}\r\n${extensionLine(extensions)}\r\n`, "latin1") }
]

export const extensionLine = (extensions: string): string =>
  extensions === "" ? "" : `Sec-WebSocket-Extensions: ${extensions}\r\n`

/** The permessage-deflate offers (RFC 7692 §7.1), parameters as they came. */
export const offers = (request: Request): Offers =>
  values(request, "sec-websocket-extensions")
    .flatMap((value) => value.split(","))
    .map((offer) => offer.split(";").map((part) => part.trim()))
    .filter(([name]) => name === "permessage-deflate")
    .map(([, ...parameters]) => new Map(parameters.map(parameter)))

/** What every opening request must have (RFC 6455 §4.1, requirements 1 to 9). */
export const complaints = (request: Request): ReadonlyArray<string> => {
  const one = (name: string): string | undefined => {
    const found = values(request, name)
    return found.length === 1 ? found[0] : undefined
  }
  const rules: ReadonlyArray<readonly [boolean, string]> = [
    [/^GET \/\S* HTTP\/1\.1$/.test(request.requestLine), "request line"],
    [one("host") !== undefined, "Host"],
    [tokens(values(request, "upgrade")).includes("websocket"), "Upgrade"],
    [tokens(values(request, "connection")).includes("upgrade"), "Connection"],
    [isNonce(one("sec-websocket-key")), "Sec-WebSocket-Key is not 16 octets in base64"],
    [one("sec-websocket-version") === "13", "Sec-WebSocket-Version"]
  ]
  return rules.filter(([kept]) => !kept).map(([, rule]) => rule)
}

export const switching = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"

const tokens = (lines: ReadonlyArray<string>): ReadonlyArray<string> =>
  lines.flatMap((line) => line.split(",")).map((token) => token.trim().toLowerCase())

const isNonce = (key: string | undefined): boolean =>
  key !== undefined && /^[A-Za-z0-9+/]{22}==$/.test(key) && Buffer.from(key, "base64").toString("base64") === key

const parameter = (text: string): [string, string | undefined] => {
  const equals = text.indexOf("=")
  if (equals < 0) return [text, undefined]
  return [
    text.slice(0, equals).trim(),
    text
      .slice(equals + 1)
      .trim()
      .replaceAll('"', "")
  ]
}
