/**
 * The server's half of the opening handshake, as short as RFC 6455 §4.2 allows, and the orders that a client gives in its
 * resource name: `/receive?payload=text&size=16&unit=65536`.
 */
import { createHash } from "node:crypto"
import type { Wire } from "../Frames.ts"
import type { Payload } from "../Payloads.ts"

export const modes = ["receive", "send", "echo", "idle"] as const

export interface Request {
  readonly mode: (typeof modes)[number]
  readonly wire: Wire
  readonly key: string
  readonly offersDeflate: boolean
}

/** The resource name that asks the server for a mode. */
export const resourceName = (mode: Request["mode"], wire: Wire): string =>
  `/${mode}?payload=${wire.payload}&size=${wire.size}&unit=${wire.unit}&fragment=${wire.fragment ?? 0}&deflate=${
    wire.deflate === true ? 1 : 0
  }`

/** The request in a complete head (up to the empty line), or why it is none. */
export const parse = (head: string): Request | string => {
  const [requestLine = "", ...lines] = head.split("\r\n")
  const { pathname, searchParams } = new URL(requestLine.split(" ")[1] ?? "/", "ws://server")
  const mode = modes.find((name) => pathname === `/${name}`)
  if (mode === undefined) return `no such mode: ${pathname}`
  const headers = new Map(lines.map(header))
  const key = headers.get("sec-websocket-key")
  if (key === undefined) return "no Sec-WebSocket-Key"
  const offersDeflate = (headers.get("sec-websocket-extensions") ?? "").includes("permessage-deflate")
  const wire = {
    payload: (searchParams.get("payload") ?? "text") as Payload,
    size: Number(searchParams.get("size") ?? 16),
    unit: Number(searchParams.get("unit") ?? 1),
    fragment: Number(searchParams.get("fragment") ?? 0) || undefined,
    deflate: searchParams.get("deflate") === "1"
  }
  if (wire.deflate && !offersDeflate) return "this workload needs an offer of permessage-deflate"
  return { mode, wire, key, offersDeflate }
}

/** `unitBytes` tells the raw arm, which parses no frames, how many bytes make a unit. */
export const accepted = (request: Request, unitBytes: number): string => {
  const accept = createHash("sha1").update(`${request.key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64")
  return [
    "HTTP/1.1 101 Switching Protocols",
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Accept: ${accept}`,
    ...(request.wire.deflate === true ? ["Sec-WebSocket-Extensions: permessage-deflate"] : []),
    `Unit-Bytes: ${unitBytes}`,
    "\r\n"
  ].join("\r\n")
}

export const refused = (reason: string): string =>
  `HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: ${reason.length}\r\nConnection: close\r\n\r\n${reason}`

const header = (line: string): [string, string] => {
  const colon = line.indexOf(":")
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
}
