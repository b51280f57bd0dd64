/**
 * D.1: what a server may answer to an offer of permessage-deflate (RFC 7692 §5.1, §7.1; grammar in RFC 6455 §9.1), and
 * what makes the client fail the connection. Good answers are followed by two compressed messages.
 */
import { type Agreement, type Case, event, type Offers, serverCloses } from "../Case.ts"
import * as Frame from "../Frame.ts"
import { accepted, refuses } from "./OpeningAnswers.ts"

export const deflateAnswers = (): ReadonlyArray<Case> => [
  ...good.map(([parameters, agreement], index) => opens(`D.1.${index + 1}`, parameters, agreement)),
  ...bad.map((answer, index) =>
    refuses(
      `D.1.${good.length + index + 1}`,
      `Answers the offer with "${answer}".`,
      (opening) => `${accepted(opening)}Sec-WebSocket-Extensions: ${answer}\r\n\r\n`
    )
  )
]

/** Agrees to the literal answer, if the client offered what it builds on. */
export const agreeing =
  (answer: string, agreement: Omit<Agreement, "answer"> = {}) =>
  (offers: Offers): Agreement | undefined => {
    const needed = answer.includes("client_max_window_bits") ? "client_max_window_bits" : undefined
    const offered = offers.some((offer) => needed === undefined || offer.has(needed))
    return offered ? { answer, ...agreement } : undefined
  }

const opens = (id: string, answer: string, agreement: Omit<Agreement, "answer">): Case => ({
  id,
  does: `Answers the offer with "${answer}", then sends two compressed texts.`,
  expects: "Both texts.",
  agree: agreeing(answer, agreement),
  steps: [{ write: Frame.concat(hello, agreement.serverNoContextTakeover ? hello : helloAgain) }],
  expected: { OK: [event("text", "Hello"), event("text", "Hello")] },
  close: serverCloses,
  timer: { kill: 2 }
})

/** RFC 7692 §7.2.3.1 and §7.2.3.2: "Hello", and "Hello" once more as a match in the window of the first. */
const hello = Frame.hex("c1 07 f248cdc9c90700")
const helloAgain = Frame.hex("c1 05 f200110000")

const bits = [8, 9, 10, 11, 12, 13, 14, 15]

const good: ReadonlyArray<readonly [answer: string, agreement: Omit<Agreement, "answer">]> = [
  ["permessage-deflate", {}],
  ["permessage-deflate; server_no_context_takeover", { serverNoContextTakeover: true }],
  ["permessage-deflate; client_no_context_takeover", { clientNoContextTakeover: true }],
  [
    "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
    { serverNoContextTakeover: true, clientNoContextTakeover: true }
  ],
  ...bits.map((bits) => [`permessage-deflate; server_max_window_bits=${bits}`, { serverMaxWindowBits: bits }] as const),
  ...bits.map((bits) => [`permessage-deflate; client_max_window_bits=${bits}`, { clientMaxWindowBits: bits }] as const),
  [
    "permessage-deflate; client_max_window_bits=10; server_max_window_bits=11; client_no_context_takeover",
    { clientMaxWindowBits: 10, serverMaxWindowBits: 11, clientNoContextTakeover: true }
  ],
  ['permessage-deflate; server_max_window_bits="12"', { serverMaxWindowBits: 12 }],
  ["permessage-deflate;server_no_context_takeover", { serverNoContextTakeover: true }],
  ["permessage-deflate ; client_no_context_takeover ; server_max_window_bits = 12", { clientNoContextTakeover: true }]
]

const bad: ReadonlyArray<string> = [
  ...["server_max_window_bits", "client_max_window_bits"].flatMap((name) =>
    ["", "=", "=7", "=16", "=0", "=08", "=+9", "=-9", "=9.0", "=1e1", "=100000000000000000009", "=x", '=""'].map(
      (value) => `permessage-deflate; ${name}${value}`
    )
  ),
  ...["server_no_context_takeover", "client_no_context_takeover"].flatMap((name) =>
    ["=", "=true", "=0", '=""'].map((value) => `permessage-deflate; ${name}${value}`)
  ),
  "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
  "permessage-deflate; client_no_context_takeover; client_no_context_takeover",
  "permessage-deflate; server_max_window_bits=10; server_max_window_bits=10",
  "permessage-deflate; client_max_window_bits=10; client_max_window_bits=11",
  "permessage-deflate; unheard_of",
  "permessage-deflate; __proto__=1",
  "permessage-deflate; Server_No_Context_Takeover_",
  "permessage-deflate, permessage-deflate",
  "permessage-deflate, permessage-deflate; server_no_context_takeover",
  "permessage-deflate;",
  "permessage-deflate;;server_no_context_takeover",
  "permessage-deflate server_no_context_takeover",
  "permessage-deflate; =10",
  'permessage-deflate; server_max_window_bits="10',
  "permessage-deflate; server_max_window_bits=10 11",
  "permessage-deflate/2",
  "permessage-bzip2",
  "deflate",
  ";"
]
