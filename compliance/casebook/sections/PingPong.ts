/** Autobahn 2: a Ping is answered by a Pong with its payload; a Pong nobody asked for is ignored (RFC 6455 §5.5.2). */
import { type Case, clientFails, type Event, event, type Step, serverCloses } from "../Case.ts"
import * as Frame from "../Frame.ts"

export const pingPong = (): ReadonlyArray<Case> =>
  rows.map(({ id, does, steps, pongs, seconds = 1, by = "server" }) => ({
    id,
    does,
    expects: by === "client" ? "The client fails the connection with 1002." : expectation(pongs),
    steps,
    expected: { OK: pongs },
    close: by === "client" ? clientFails(1002) : serverCloses,
    timer: by === "client" ? { kill: seconds } : { close: seconds }
  }))

interface Row {
  readonly id: string
  readonly does: string
  readonly steps: ReadonlyArray<Step>
  readonly pongs: ReadonlyArray<Event>
  readonly seconds?: number
  readonly by?: "client"
}

const expectation = (pongs: ReadonlyArray<Event>): string =>
  pongs.length === 0
    ? "Nothing, and a clean close."
    : `${pongs.length === 1 ? "One Pong" : "Ten Pongs, in order"}, same payload.`

const odd = Frame.hex("00 ff fe fd fc fb 00 ff")
const long = Buffer.alloc(125, 0xfe)
const ten = Array.from({ length: 10 }, (_, index) => `payload-${index}`)
const tenPings = Frame.concat(...ten.map((payload) => Frame.frame(0x89, payload)))
const tenPongs = ten.map((payload) => event("pong", payload))

const rows: ReadonlyArray<Row> = [
  { id: "2.1", does: "Ping without payload.", steps: [{ write: Frame.frame(0x89) }], pongs: [event("pong")] },
  {
    id: "2.2",
    does: "Ping with text.",
    steps: [{ write: Frame.frame(0x89, "Hello, world!") }],
    pongs: [event("pong", "Hello, world!")]
  },
  {
    id: "2.3",
    does: "Ping with 8 octets that are not UTF-8.",
    steps: [{ write: Frame.frame(0x89, odd) }],
    pongs: [event("pong", odd)]
  },
  {
    id: "2.4",
    does: "Ping with 125 octets.",
    steps: [{ write: Frame.frame(0x89, long) }],
    pongs: [event("pong", long)]
  },
  {
    id: "2.5",
    does: "Ping with 126 octets, too long for a control frame.",
    steps: [{ write: Frame.frame(0x89, Buffer.alloc(126, 0xfe)) }],
    pongs: [],
    by: "client"
  },
  {
    id: "2.6",
    does: "Ping with 125 octets, octet by octet.",
    steps: [{ write: Frame.frame(0x89, long), chop: 1 }],
    pongs: [event("pong", long)],
    seconds: 2
  },
  {
    id: "2.7",
    does: "Pong without payload that nobody asked for, then Close(1000).",
    steps: [{ close: Frame.concat(Frame.frame(0x8a), Frame.close(1000)) }],
    pongs: []
  },
  {
    id: "2.8",
    does: "Pong with payload that nobody asked for, then Close(1000).",
    steps: [{ close: Frame.concat(Frame.frame(0x8a, "unsolicited pong payload"), Frame.close(1000)) }],
    pongs: []
  },
  {
    id: "2.9",
    does: "Pong with payload that nobody asked for, then a Ping.",
    steps: [{ write: Frame.concat(Frame.frame(0x8a, "unsolicited pong payload"), Frame.frame(0x89, "ping payload")) }],
    pongs: [event("pong", "ping payload")]
  },
  { id: "2.10", does: "Ten Pings back to back.", steps: [{ write: tenPings }], pongs: tenPongs, seconds: 3 },
  {
    id: "2.11",
    does: "Ten Pings, octet by octet.",
    steps: [{ write: tenPings, chop: 1 }],
    pongs: tenPongs,
    seconds: 3
  }
]
