/**
 * What the log shows of the opening handshake: only the names of headers that the program added, since any of them may be
 * secret; the path without its query; and of the answer, what an error would show.
 */
import type { OpeningHandshake } from "@effect-websocket/core"
import { escapePeerText } from "@effect-websocket/transport"
import type * as Attempt from "./Attempt.ts"
import * as Refusal from "./Refusal.ts"

export const request = (bytes: Uint8Array): string => {
  const [start = "", ...headers] = new TextDecoder("latin1").decode(bytes).trimEnd().split("\r\n")
  const lines = headers.map((line) => {
    const [name = "", value = ""] = line.split(/: (.*)/s)
    return header(name, shown.has(name.toLowerCase()) ? value : "<redacted>")
  })
  return [`sent ${escapePeerText(start.replace(/\?\S*/, "?<redacted>"))}`, ...lines].join("\n")
}

export const answer = (answered: Attempt.Accepted | OpeningHandshake.Rejected, bodyBytes: number): string => {
  const { headers } = answered._tag === "Accepted" ? answered.answer : answered
  const lines = headers.map(([name, value]) => header(name, Refusal.redact(name.toLowerCase(), value)[1]))
  if (answered._tag === "Accepted") return ["received HTTP/1.1 101", ...lines].join("\n")
  const { body, status, statusText } = answered
  const start = `received HTTP/1.1 ${status} ${escapePeerText(statusText)}`.trimEnd()
  const cut = new TextDecoder().decode(body.subarray(0, bodyBytes))
  return [start, ...lines, `  (a body of ${body.length} bytes${cut === "" ? "" : `: ${escapePeerText(cut)}`})`].join(
    "\n"
  )
}

const header = (name: string, value: string): string => `  ${escapePeerText(name)}: ${escapePeerText(value)}`

/** Headers that the library writes itself, and those that only name the two sides. */
const shown: ReadonlySet<string> = new Set([
  "host",
  "upgrade",
  "connection",
  "sec-websocket-key",
  "sec-websocket-version",
  "sec-websocket-protocol",
  "sec-websocket-extensions",
  "origin",
  "user-agent"
])
