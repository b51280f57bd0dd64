/**
 * H.1 to H.6: what a server may answer to the opening request (RFC 6455 §4.1, "the client MUST validate"), and what
 * makes the client fail the connection. Bytes are text here; CRLF ends each line.
 */
import { type Case, clientFails, event, type Opening, serverCloses } from "../Case.ts"
import * as Frame from "../Frame.ts"
import { switching } from "../OpeningRequest.ts"

export const openingAnswers = (): ReadonlyArray<Case> =>
  rows.map(([id, verdict, does, head]) => (verdict === "opens" ? opens(id, does, head) : refuses(id, does, head)))

/** The answer is good: an echo shows that the connection is open. */
export const opens = (id: string, does: string, head: (opening: Opening) => string, chop?: number): Case => ({
  id,
  does,
  expects: "The connection opens, and a message is echoed.",
  opening: (opening) => [{ write: Buffer.from(head(opening), "latin1"), ...(chop && { chop }) }],
  steps: [{ write: Frame.frame(0x81, "open") }],
  expected: { OK: [event("text", "open")] },
  close: serverCloses,
  timer: { kill: 2 }
})

/** The answer is bad: the client drops the connection and nothing follows its request. */
export const refuses = (id: string, does: string, head: (opening: Opening) => string): Case => ({
  id,
  does,
  expects: "The client fails the connection and sends nothing.",
  opening: (opening) => [{ write: Buffer.from(head(opening), "latin1") }],
  steps: [],
  expected: { OK: [] },
  close: clientFails(),
  timer: { kill: 2 },
  refused: true
})

/** 101 with the accept value that is due. */
export const accepted = ({ accept }: Opening): string => `${switching}Sec-WebSocket-Accept: ${accept}\r\n`

/** The good answer with more headers. */
const also =
  (lines: string) =>
  (opening: Opening): string =>
    `${accepted(opening)}${lines}\r\n\r\n`

/** The good answer with other lines for Upgrade and Connection. */
const upgrading =
  (lines: string) =>
  ({ accept }: Opening): string =>
    `HTTP/1.1 101 Switching Protocols\r\n${lines}\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`

/** The good answer with another status line. */
const status =
  (line: string, before = "") =>
  (opening: Opening): string =>
    before + accepted(opening).replace(/^[^\r]*/, line) + (line.includes(" 101") ? "\r\n" : "Content-Length: 0\r\n\r\n")

/** The good answer with another accept line. */
const accepting =
  (line: (accept: string, opening: Opening) => string) =>
  (opening: Opening): string =>
    `${switching}${line(opening.accept, opening)}\r\n`

const swapCase = (text: string): string =>
  text.replace(/[a-z]/gi, (letter) => (letter < "a" ? letter.toLowerCase() : letter.toUpperCase()))

const key = ({ request }: Opening): string => request.headers.find(([name]) => name === "sec-websocket-key")?.[1] ?? ""

const good = "Upgrade: websocket\r\nConnection: Upgrade"

type Row = readonly [id: string, verdict: "opens" | "refuses", does: string, head: (opening: Opening) => string]

const rows: ReadonlyArray<Row> = [
  ["H.1.1", "opens", "101 with another reason phrase.", status("HTTP/1.1 101 Web Socket Protocol Handshake")],
  ["H.1.2", "opens", "101 with an empty reason phrase.", status("HTTP/1.1 101 ")],
  ["H.1.3", "opens", "100 before the 101.", status("HTTP/1.1 101 Go", "HTTP/1.1 100 Continue\r\n\r\n")],
  [
    "H.1.4",
    "opens",
    "103 with headers before the 101.",
    status("HTTP/1.1 101 Go", "HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n")
  ],
  ["H.1.5", "refuses", "200 with all headers of a good answer.", status("HTTP/1.1 200 OK")],
  ["H.1.6", "refuses", "404 with all headers of a good answer.", status("HTTP/1.1 404 Not Found")],
  ["H.1.7", "refuses", "401 with all headers of a good answer.", status("HTTP/1.1 401 Unauthorized")],
  ["H.1.8", "refuses", "302 with all headers of a good answer.", status("HTTP/1.1 302 Found\r\nLocation: /other")],
  ["H.1.9", "refuses", "426 with all headers of a good answer.", status("HTTP/1.1 426 Upgrade Required")],
  ["H.1.10", "refuses", "503 with all headers of a good answer.", status("HTTP/1.1 503 Service Unavailable")],
  ["H.1.11", "refuses", "Status 1010.", status("HTTP/1.1 1010 Switching Protocols")],
  ["H.1.12", "refuses", "Status line of another protocol.", status("ICY 101 Switching Protocols")],
  ["H.1.13", "refuses", "Octets that are no HTTP.", () => "\x81\x05Hello\r\n\r\n"],
  ["H.2.1", "opens", "Upgrade in other letters: WebSocket.", upgrading("Upgrade: WebSocket\r\nConnection: Upgrade")],
  ["H.2.2", "opens", "Header names in other letters.", upgrading("uPGRADE: websocket\r\ncONNECTION: Upgrade")],
  ["H.2.3", "refuses", "No Upgrade.", upgrading("Connection: Upgrade")],
  ["H.2.4", "refuses", "Empty Upgrade.", upgrading("Upgrade:\r\nConnection: Upgrade")],
  ["H.2.5", "refuses", "Upgrade: websockets.", upgrading("Upgrade: websockets\r\nConnection: Upgrade")],
  ["H.2.6", "refuses", "Upgrade: h2c.", upgrading("Upgrade: h2c\r\nConnection: Upgrade")],
  ["H.2.7", "refuses", "Two protocols in Upgrade.", upgrading("Upgrade: websocket, h2c\r\nConnection: Upgrade")],
  ["H.2.8", "refuses", "Upgrade twice.", upgrading(`Upgrade: websocket\r\n${good}`)],
  ["H.3.1", "opens", "Connection: upgrade.", upgrading("Upgrade: websocket\r\nConnection: upgrade")],
  [
    "H.3.2",
    "opens",
    "Connection: keep-alive, Upgrade.",
    upgrading("Upgrade: websocket\r\nConnection: keep-alive, Upgrade")
  ],
  ["H.3.3", "opens", "Connection in two headers.", upgrading(`Connection: keep-alive\r\n${good}`)],
  ["H.3.4", "refuses", "No Connection.", upgrading("Upgrade: websocket")],
  ["H.3.5", "refuses", "Connection: close.", upgrading("Upgrade: websocket\r\nConnection: close")],
  ["H.3.6", "refuses", "Connection: Upgraded.", upgrading("Upgrade: websocket\r\nConnection: Upgraded")],
  [
    "H.4.1",
    "opens",
    "Blanks around the accept value.",
    accepting((accept) => `Sec-WebSocket-Accept: \t ${accept} \t\r\n`)
  ],
  ["H.4.2", "opens", "No blank before the accept value.", accepting((accept) => `Sec-WebSocket-Accept:${accept}\r\n`)],
  ["H.4.3", "refuses", "No Sec-WebSocket-Accept.", accepting(() => "")],
  ["H.4.4", "refuses", "Empty accept value.", accepting(() => "Sec-WebSocket-Accept:\r\n")],
  [
    "H.4.5",
    "refuses",
    "The accept value for another key.",
    accepting(() => "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n")
  ],
  [
    "H.4.6",
    "refuses",
    "The accept value in other letters.",
    accepting((accept) => `Sec-WebSocket-Accept: ${swapCase(accept)}\r\n`)
  ],
  [
    "H.4.7",
    "refuses",
    "The accept value with an octet behind it.",
    accepting((accept) => `Sec-WebSocket-Accept: ${accept}A\r\n`)
  ],
  [
    "H.4.8",
    "refuses",
    "The accept value without its padding.",
    accepting((accept) => `Sec-WebSocket-Accept: ${accept.slice(0, -1)}\r\n`)
  ],
  [
    "H.4.9",
    "refuses",
    "The key as accept value.",
    accepting((_, opening) => `Sec-WebSocket-Accept: ${key(opening)}\r\n`)
  ],
  [
    "H.4.10",
    "refuses",
    "Sec-WebSocket-Accept twice, the good value and another.",
    also("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
  ],
  [
    "H.4.11",
    "refuses",
    "Sec-WebSocket-Accept twice, the good value both times.",
    accepting((accept) => `Sec-WebSocket-Accept: ${accept}\r\n`.repeat(2))
  ],
  ["H.5.1", "refuses", "A subprotocol that nobody asked for.", also("Sec-WebSocket-Protocol: chat")],
  ["H.5.2", "refuses", "Two subprotocols.", also("Sec-WebSocket-Protocol: chat, superchat")],
  [
    "H.5.3",
    "refuses",
    "Two subprotocols in two headers.",
    also("Sec-WebSocket-Protocol: a\r\nSec-WebSocket-Protocol: b")
  ],
  ["H.6.1", "refuses", "An extension that nobody offered.", also("Sec-WebSocket-Extensions: x-unheard-of")],
  [
    "H.6.2",
    "refuses",
    "An extension that nobody offered, beside one that was.",
    also("Sec-WebSocket-Extensions: permessage-deflate, x-unheard-of")
  ],
  ["H.6.3", "refuses", "Another compression extension.", also("Sec-WebSocket-Extensions: x-webkit-deflate-frame")],
  [
    "H.6.4",
    "refuses",
    "Sec-WebSocket-Extensions twice.",
    also("Sec-WebSocket-Extensions: permessage-deflate\r\nSec-WebSocket-Extensions: permessage-deflate")
  ]
]
