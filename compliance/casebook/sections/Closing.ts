/** Autobahn 7: the closing handshake, what follows a Close, and which codes may travel (RFC 6455 §5.5.1, §7). */
import { type Case, type CloseRule, type Event, event, type Step } from "../Case.ts"
import * as Frame from "../Frame.ts"

export const closing = (): ReadonlyArray<Case> =>
  [...sequences, ...payloads, ...validCodes, ...invalidCodes, ...unassigned].map(
    ({ id, does, steps, events = [], clean = true, codes = [1000], informational }): Case => ({
      id,
      does,
      expects: expectation(clean, codes, informational ?? false),
      steps,
      expected: { OK: events },
      close: informational ? { by: "server", codes, clean } : fatal(codes, clean),
      timer: { kill: 1 },
      ...(informational && { informational })
    })
  )

/** In this section a wrong code fails the case. */
const fatal = (codes: ReadonlyArray<number>, clean: boolean): CloseRule => ({
  by: "server",
  codes,
  clean,
  codeIsFatal: true
})

const expectation = (clean: boolean, codes: ReadonlyArray<number>, informational: boolean): string => {
  if (informational) return "Reported, not judged."
  const answer = `The client answers ${codes.join(" or ")} or no code`
  return clean ? `${answer}, cleanly.` : `${answer}, or drops TCP.`
}

interface Row {
  readonly id: string
  readonly does: string
  readonly steps: ReadonlyArray<Step>
  readonly events?: ReadonlyArray<Event>
  readonly clean?: false
  readonly codes?: ReadonlyArray<number>
  readonly informational?: true
}

const hello = "Hello World!"
const normal = Frame.close(1000)
const longText = Buffer.alloc(0x40000, "BAsd7&jh23")

const sequences: ReadonlyArray<Row> = [
  {
    id: "7.1.1",
    does: "Text, and Close(1000) after its echo.",
    steps: [{ write: Frame.frame(0x81, hello) }],
    events: [event("text", hello)]
  },
  { id: "7.1.2", does: "Close(1000), then an empty Close.", steps: [{ close: Frame.concat(normal, Frame.close()) }] },
  { id: "7.1.3", does: "Close(1000), then a Ping.", steps: [{ close: Frame.concat(normal, Frame.frame(0x89)) }] },
  {
    id: "7.1.4",
    does: "Close(1000), then a text.",
    steps: [{ close: Frame.concat(normal, Frame.frame(0x81, hello)) }]
  },
  {
    id: "7.1.5",
    does: "First text fragment, Close(1000), last fragment.",
    steps: [{ close: Frame.concat(Frame.frame(0x01, "fragment1"), normal, Frame.frame(0x80, "fragment2")) }]
  },
  {
    id: "7.1.6",
    does: "Text of 256 KiB, a short text, Close(1000), Ping, back to back: are both echoed before the close?",
    steps: [
      {
        close: Frame.concat(Frame.frame(0x81, longText), Frame.frame(0x81, hello), normal, Frame.frame(0x89))
      }
    ],
    events: [event("text", longText), event("text", hello)],
    informational: true
  }
]

const payloads: ReadonlyArray<Row> = [
  { id: "7.3.1", does: "Close without payload.", steps: [{ close: Frame.close() }] },
  {
    id: "7.3.2",
    does: "Close with one octet of payload.",
    steps: [{ close: Frame.hex("88 01 03") }],
    clean: false,
    codes: [1002]
  },
  { id: "7.3.3", does: "Close(1000).", steps: [{ close: normal }] },
  { id: "7.3.4", does: "Close(1000) with a reason.", steps: [{ close: Frame.close(1000, hello) }] },
  {
    id: "7.3.5",
    does: "Close(1000) with the longest legal reason, 123 octets.",
    steps: [{ close: Frame.close(1000, "*".repeat(123)) }]
  },
  {
    id: "7.3.6",
    does: "Close(1000) with a reason of 124 octets.",
    steps: [{ close: Frame.close(1000, "*".repeat(124)) }],
    clean: false,
    codes: [1002]
  },
  {
    id: "7.5.1",
    does: "Close(1000) with a reason that is not UTF-8.",
    steps: [{ close: Frame.close(1000, Frame.hex("ce ba e1 bd b9 cf 83 ce bc ce b5 ed a0 80 65 64 69 74 65 64")) }],
    clean: false,
    codes: [1002, 1007]
  }
]

const validCodes: ReadonlyArray<Row> = [
  1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999
].map((code, index) => ({
  id: `7.7.${index + 1}`,
  does: `Close(${code}), a valid code.`,
  steps: [{ close: Frame.close(code) }],
  codes: code === 1000 ? [1000] : [code, 1000]
}))

const invalidCodes: ReadonlyArray<Row> = [0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999].map((code, index) => ({
  id: `7.9.${index + 1}`,
  does: `Close(${code}), an invalid code.`,
  steps: [{ close: Frame.close(code) }],
  clean: false,
  codes: [1002]
}))

const unassigned: ReadonlyArray<Row> = [5000, 65535].map((code, index) => ({
  id: `7.13.${index + 1}`,
  does: `Close(${code}), a code that nothing defines.`,
  steps: [{ close: Frame.close(code) }],
  codes: [1002],
  informational: true
}))
