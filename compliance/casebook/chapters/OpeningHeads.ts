/**
 * H.7 to H.9: how the head of the answer looks and arrives (RFC 9112 §2 and §5), how much of it a client reads, how
 * long it waits, and what the client's own request must be. Limits: 16 KiB, 128 headers, 10 seconds.
 */
import type { Case, Opening, Request, Step } from "../Case.ts"
import { complaints, values } from "../OpeningRequest.ts"
import { accepted, opens, refuses } from "./OpeningAnswers.ts"

export const openingHeads = (): ReadonlyArray<Case> => [...heads, ...slow, request]

const also =
  (lines: string) =>
  (opening: Opening): string =>
    `${accepted(opening)}${lines}\r\n\r\n`

/** The good answer with as many headers as make `count`. */
const headers = (count: number) => (opening: Opening) => `${accepted(opening)}${"X-More: 1\r\n".repeat(count - 3)}\r\n`

/** The good answer filled up to so many octets. */
const filled = (octets: number) => (opening: Opening) => {
  const head = accepted(opening)
  return `${head}X-Fill: ${"x".repeat(octets - head.length - 12)}\r\n\r\n`
}

const heads: ReadonlyArray<Case> = [
  opens("H.7.1", "The good answer, octet by octet.", also("Server: casebook"), 1),
  opens("H.7.2", "The good answer in chops of three octets.", also("Server: casebook"), 3),
  opens("H.7.3", "A header folded over three lines.", also("X-Folded: one\r\n two\r\n\tthree")),
  opens("H.7.4", "Headers of other names twice.", also("Set-Cookie: a=1\r\nSet-Cookie: b=2")),
  opens("H.7.5", "A header with octets beyond ASCII.", also("X-Latin: caf\xe9")),
  opens("H.7.6", "Headers without a value.", also("X-Empty:\r\nX-Blank: \t")),
  opens("H.7.7", "Content-Length, which means nothing in a 101.", also("Content-Length: 6")),
  opens("H.7.8", "128 headers.", headers(128)),
  opens("H.7.9", "A head of 16,000 octets.", filled(16_000)),
  refuses("H.7.10", "129 headers.", headers(129)),
  refuses("H.7.11", "A head of 16,385 octets.", filled(16_385)),
  refuses(
    "H.7.12",
    "A header line of 64 KiB that does not end.",
    (opening) => `${accepted(opening)}X: ${"x".repeat(0x10000)}`
  ),
  refuses("H.7.13", "A status line of 64 KiB that does not end.", () => `HTTP/1.1 101 ${"x".repeat(0x10000)}`),
  refuses("H.7.14", "Interim responses without end.", () => "HTTP/1.1 100 Continue\r\n\r\n".repeat(4_000)),
  refuses("H.7.15", "A header line without a colon.", also("no colon here")),
  refuses("H.7.16", "A header with NUL in it.", also("X-Nul: a\0b")),
  refuses("H.7.17", "A header name with a blank in it.", also("X Blank: 1")),
  refuses(
    "H.7.18",
    "A refusal with a body of 1 MiB.",
    () => `HTTP/1.1 403 Forbidden\r\nContent-Length: 1048576\r\n\r\n${"x".repeat(0x100000)}`
  )
]

/** The client's own deadline for the whole opening is 10 seconds. */
const late = (id: string, does: string, steps: (opening: Opening) => ReadonlyArray<Step>): Case => ({
  ...refuses(id, does, () => ""),
  expects: "The client gives up within 10 seconds and sends nothing.",
  opening: steps,
  timer: { kill: 2 },
  slow: true
})

const slow: ReadonlyArray<Case> = [
  late("H.8.1", "No answer at all.", () => [{ wait: 10 }]),
  late("H.8.2", "Half of an answer.", (opening) => [{ write: Buffer.from(accepted(opening)) }, { wait: 10 }]),
  late("H.8.3", "A header that grows by an octet ten times a second.", (opening) => [
    { write: Buffer.from(`${accepted(opening)}X-Drip: `) },
    { flood: Buffer.from("x"), octets: 1_000, every: 0.1, seconds: 10 }
  ]),
  late("H.8.4", "A refusal whose body grows by an octet ten times a second.", () => [
    { write: Buffer.from("HTTP/1.1 403 Forbidden\r\nContent-Length: 60000\r\n\r\n") },
    { flood: Buffer.from("x"), octets: 1_000, every: 0.1, seconds: 10 }
  ]),
  {
    ...late("H.8.5", "FIN in place of an answer.", () => [{ tcp: "fin" }]),
    expects: "The client ends the connection and sends nothing.",
    slow: false
  },
  {
    ...late("H.8.6", "FIN in the middle of the answer.", (opening) => [
      { write: Buffer.from(accepted(opening)) },
      { tcp: "fin" }
    ]),
    expects: "The client ends the connection and sends nothing.",
    slow: false
  }
]

const request: Case = {
  ...opens("H.9.1", "Reads the opening request.", also("Server: casebook")),
  expects: "A GET with each header once, a nonce of 16 octets, version 13, and no body (RFC 6455 §4.1).",
  complaints: (request) => [...complaints(request), ...more(request)]
}

const more = (request: Request): ReadonlyArray<string> => {
  const repeated = ["upgrade", "connection", "host", "sec-websocket-key", "sec-websocket-version"].filter(
    (name) => values(request, name).length !== 1
  )
  const body = ["content-length", "transfer-encoding"].filter((name) => values(request, name).length > 0)
  const nonce = new Set(Buffer.from(values(request, "sec-websocket-key")[0] ?? "", "base64"))
  return [
    ...repeated.map((name) => `${name} not exactly once`),
    ...body.map((name) => `${name} in a GET`),
    ...(nonce.size < 4 ? ["the nonce is not random"] : [])
  ]
}
