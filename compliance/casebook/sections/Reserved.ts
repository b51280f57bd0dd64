/** Autobahn 3 and 4: RSV bits that nothing negotiated, and reserved opcodes (RFC 6455 §5.2). */
import { type Case, clientFails, event, type Step } from "../Case.ts"
import * as Frame from "../Frame.ts"

export const reserved = (): ReadonlyArray<Case> =>
  rows.map(({ id, does, steps, echo }) => ({
    id,
    does,
    expects: `${echo ? "The echo of the first message, no Pong; the" : "The"} client fails the connection with 1002.`,
    steps,
    expected: echo ? { OK: [event("text", hello)], "NON-STRICT": [] } : { OK: [] },
    close: clientFails(1002),
    timer: { kill: 1 }
  }))

const hello = "Hello, world!"
const octets = Frame.hex("00 ff fe fd fc fb 00 ff")
const first = Frame.frame(0x81, hello)
const ping = Frame.frame(0x89)

/** Good text, the bad frame, a Ping: together, each in its own write, or octet by octet. */
const together = (bad: Buffer): ReadonlyArray<Step> => [{ write: Frame.concat(first, bad, ping) }]
const apart = (bad: Buffer): ReadonlyArray<Step> => [{ write: first }, { write: bad }, { write: ping }]
const chopped = (bad: Buffer): ReadonlyArray<Step> => [{ write: Frame.concat(first, bad, ping), chop: 1 }]
const alone = (bad: Buffer): ReadonlyArray<Step> => [{ write: bad }]

interface Row {
  readonly id: string
  readonly does: string
  readonly steps: ReadonlyArray<Step>
  readonly echo?: true
}

// The suite counts RSV as one number of three bits: RSV1 is 4, RSV2 is 2, RSV3 is 1.
const rows: ReadonlyArray<Row> = [
  { id: "3.1", does: "Text with RSV=1.", steps: alone(Frame.frame(0x91, hello)) },
  { id: "3.2", does: "Text, text with RSV=2, Ping.", steps: together(Frame.frame(0xa1, hello)), echo: true },
  { id: "3.3", does: "As 3.2 with RSV=3, frame by frame.", steps: apart(Frame.frame(0xb1, hello)), echo: true },
  { id: "3.4", does: "As 3.2 with RSV=4, octet by octet.", steps: chopped(Frame.frame(0xc1, hello)), echo: true },
  { id: "3.5", does: "Binary with RSV=5.", steps: alone(Frame.frame(0xd2, octets)) },
  { id: "3.6", does: "Binary frame with RSV=6.", steps: alone(Frame.frame(0xe2, hello)) },
  { id: "3.7", does: "Empty Close with RSV=7.", steps: alone(Frame.frame(0xf8)) },
  { id: "4.1.1", does: "Frame with opcode 3, empty.", steps: alone(Frame.frame(0x83)) },
  { id: "4.1.2", does: "Frame with opcode 4 and payload.", steps: alone(Frame.frame(0x84, "reserved")) },
  { id: "4.1.3", does: "Text, opcode 5 empty, Ping.", steps: together(Frame.frame(0x85)), echo: true },
  { id: "4.1.4", does: "Text, opcode 6 with payload, Ping.", steps: together(Frame.frame(0x86, hello)), echo: true },
  {
    id: "4.1.5",
    does: "As 4.1.4 with opcode 7, octet by octet.",
    steps: chopped(Frame.frame(0x87, hello)),
    echo: true
  },
  { id: "4.2.1", does: "Frame with opcode 11, empty.", steps: alone(Frame.frame(0x8b)) },
  { id: "4.2.2", does: "Frame with opcode 12 and payload.", steps: alone(Frame.frame(0x8c, "reserved")) },
  { id: "4.2.3", does: "Text, opcode 13 empty, Ping.", steps: together(Frame.frame(0x8d)), echo: true },
  { id: "4.2.4", does: "Text, opcode 14 with payload, Ping.", steps: together(Frame.frame(0x8e, hello)), echo: true },
  {
    id: "4.2.5",
    does: "As 4.2.4 with opcode 15, octet by octet.",
    steps: chopped(Frame.frame(0x8f, hello)),
    echo: true
  }
]
