/** What clients ask a server for. */
import { assert } from "@effect/vitest"
import { encode } from "../src/HttpHead.ts"
import * as OpeningHandshakeServer from "../src/OpeningHandshakeServer.ts"
import { key } from "./sample.ts"

/** The sample of RFC 6455 §1.3; a line replaces the one of the same name, or leaves it out. */
export const request = (lines: Record<string, string> = {}, behind = ""): Uint8Array => {
  const all = {
    "": "GET /chat HTTP/1.1\r\n",
    Host: "Host: server.example.com\r\n",
    Upgrade: "Upgrade: websocket\r\n",
    Connection: "Connection: Upgrade\r\n",
    Key: `Sec-WebSocket-Key: ${key}\r\n`,
    Version: "Sec-WebSocket-Version: 13\r\n",
    ...lines
  }
  return encode(`${Object.values(all).join("")}\r\n${behind}`)
}

export const read = (chunks: Array<Uint8Array>) => {
  const reader = OpeningHandshakeServer.reader()
  for (const [i, chunk] of chunks.entries()) {
    const answer = reader.push(chunk)
    if (answer._tag !== "NeedMore") return { answer, rest: chunks.slice(i + 1) }
  }
  return { answer: undefined, rest: [] }
}

export const requested = (lines: Record<string, string> = {}): OpeningHandshakeServer.Requested => {
  const { answer } = read([request(lines)])
  assert(answer?._tag === "Requested")
  return answer
}
