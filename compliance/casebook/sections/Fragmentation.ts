/** Autobahn 5: fragments, control frames between them, and continuations out of place (RFC 6455 §5.4). */
import { type Case, clientFails, type Event, event, type Step, serverCloses } from "../Case.ts"
import * as Frame from "../Frame.ts"

export const fragmentation = (): ReadonlyArray<Case> =>
  rows.map(({ id, does, steps, events, nonStrict }): Case => {
    if (!nonStrict && events.length > 0) {
      const expects = `${events.map(([kind]) => kind).join(", ")}; the server closes.`
      return { id, does, expects, steps, expected: { OK: events }, close: serverCloses, timer: { close: 1 } }
    }
    const echo = nonStrict ? "The echo of the first message; the" : "No echo; the"
    return {
      id,
      does,
      expects: `${echo} client fails the connection with 1002.`,
      steps,
      expected: nonStrict ? { OK: events, "NON-STRICT": [] } : { OK: [] },
      close: clientFails(1002),
      timer: { kill: 1 }
    }
  })

type Frames = ReadonlyArray<Uint8Array>

/** All frames in one write, each in its own, or each octet in its own. */
const together = (frames: Frames): ReadonlyArray<Step> => [{ write: Frame.concat(...frames) }]
const apart = (frames: Frames): ReadonlyArray<Step> => frames.map((write) => ({ write }))
const chopped = (frames: Frames): ReadonlyArray<Step> => [{ write: Frame.concat(...frames), chop: 1 }]

const two = [Frame.frame(0x01, "fragment1"), Frame.frame(0x80, "fragment2")]
const joined = event("text", "fragment1fragment2")
const pinged = [two[0]!, Frame.frame(0x89, "ping payload"), two[1]!]
const pongThenEcho = [event("pong", "ping payload"), joined]

const text = Frame.frame(0x81, "Hello, world!")
const lastOfNothing = [Frame.frame(0x80, "non-continuation payload"), text]
const middleOfNothing = [Frame.frame(0x00, "non-continuation payload"), text]
const misplaced = (octet0: number): Frames => [
  Frame.frame(octet0, "fragment1"),
  Frame.frame(0x01, "fragment2"),
  Frame.frame(0x80, "fragment3")
]

const firstHalf = [Frame.frame(0x01, "fragment1"), Frame.frame(0x00, "fragment2"), Frame.frame(0x89, "pongme 1!")]
const secondHalf = [
  Frame.frame(0x00, "fragment3"),
  Frame.frame(0x00, "fragment4"),
  Frame.frame(0x89, "pongme 2!"),
  Frame.frame(0x80, "fragment5")
]
const halves = [
  event("pong", "pongme 1!"),
  event("pong", "pongme 2!"),
  event("text", "fragment1fragment2fragment3fragment4fragment5")
]

interface Row {
  readonly id: string
  readonly does: string
  readonly steps: ReadonlyArray<Step>
  readonly events: ReadonlyArray<Event>
  readonly nonStrict?: true
}

const rows: ReadonlyArray<Row> = [
  {
    id: "5.1",
    does: "Ping with FIN=0, then a continuation.",
    steps: together([Frame.frame(0x09, "fragment1"), two[1]!]),
    events: []
  },
  {
    id: "5.2",
    does: "Pong with FIN=0, then a continuation.",
    steps: together([Frame.frame(0x0a, "fragment1"), two[1]!]),
    events: []
  },
  { id: "5.3", does: "Text in two fragments.", steps: together(two), events: [joined] },
  { id: "5.4", does: "As 5.3, frame by frame.", steps: apart(two), events: [joined] },
  { id: "5.5", does: "As 5.3, octet by octet.", steps: chopped(two), events: [joined] },
  { id: "5.6", does: "Text in two fragments with a Ping between.", steps: together(pinged), events: pongThenEcho },
  { id: "5.7", does: "As 5.6, frame by frame.", steps: apart(pinged), events: pongThenEcho },
  { id: "5.8", does: "As 5.6, octet by octet.", steps: chopped(pinged), events: pongThenEcho },
  { id: "5.9", does: "Last continuation of nothing, then text.", steps: together(lastOfNothing), events: [] },
  { id: "5.10", does: "As 5.9, frame by frame.", steps: apart(lastOfNothing), events: [] },
  { id: "5.11", does: "As 5.9, octet by octet.", steps: chopped(lastOfNothing), events: [] },
  { id: "5.12", does: "Continuation with FIN=0 of nothing, then text.", steps: together(middleOfNothing), events: [] },
  { id: "5.13", does: "As 5.12, frame by frame.", steps: apart(middleOfNothing), events: [] },
  { id: "5.14", does: "As 5.12, octet by octet.", steps: chopped(middleOfNothing), events: [] },
  {
    id: "5.15",
    does: "Text in two fragments, continuation with FIN=0 of nothing, text.",
    steps: together([...two, ...middleOfNothing]),
    events: [joined],
    nonStrict: true
  },
  {
    id: "5.16",
    does: "Twice: continuation with FIN=0 of nothing, text with FIN=0, last continuation.",
    steps: together([...misplaced(0x00), ...misplaced(0x00)]),
    events: []
  },
  {
    id: "5.17",
    does: "Twice: last continuation of nothing, text with FIN=0, last continuation.",
    steps: together([...misplaced(0x80), ...misplaced(0x80)]),
    events: []
  },
  {
    id: "5.18",
    does: "Text with FIN=0, then text with FIN=1 instead of a continuation.",
    steps: together([two[0]!, Frame.frame(0x81, "fragment2")]),
    events: []
  },
  {
    id: "5.19",
    does: "Two text fragments and a Ping, a second later two fragments, a Ping and the last fragment.",
    steps: [...together(firstHalf), { wait: 1 }, ...together(secondHalf)],
    events: halves
  },
  {
    id: "5.20",
    does: "As 5.19, frame by frame.",
    steps: [...apart(firstHalf), { wait: 1 }, ...apart(secondHalf)],
    events: halves
  }
]
