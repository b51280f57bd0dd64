/**
 * F.1 to F.4 and F.6 to F.8: frames that Autobahn does not send (RFC 6455 §5). Masked server frames, lengths in the
 * wrong form, reserved bits on every kind of frame, control frames in numbers, and what the client's frames look like.
 */
import { type Case, clientFails, type Event, event, type FrameFacts, type Outgoing, serverCloses } from "../Case.ts"
import * as Frame from "../Frame.ts"

export const frames = (): ReadonlyArray<Case> => [
  ...violations.map(([id, does, octets]) => fails(id, does, Frame.hex(octets), 1002)),
  ...topBits.map(([id, does, octets]) => fails(id, does, Frame.hex(octets), 1002, 1009)),
  ...texts.map(([id, does, octets, events]) => echoes(id, does, octets, events)),
  brokenByEmpty,
  pingFlood,
  maskedEchoes
]

/** A good text first: its echo has to leave before the connection is failed, unless the client was not fast enough. */
export const fails = (id: string, does: string, octets: Uint8Array, ...codes: ReadonlyArray<number>): Case => ({
  id,
  does: `A text, then: ${does}`,
  expects: `The echo of the text; the client fails the connection with ${codes.join(" or ")}.`,
  steps: [{ write: Frame.concat(Frame.frame(0x81, "first"), octets) }],
  expected: { OK: [event("text", "first")], "NON-STRICT": [] },
  close: clientFails(...codes),
  timer: { kill: 2 }
})

export const echoes = (id: string, does: string, octets: Uint8Array, events: ReadonlyArray<Event>): Case => ({
  id,
  does,
  expects: `${events.length > 4 ? `${events.length} events` : events.map(([kind]) => kind).join(", ")}, in order.`,
  steps: [{ write: octets }],
  expected: { OK: events },
  close: serverCloses,
  timer: { kill: 2 }
})

const violations: ReadonlyArray<readonly [id: string, does: string, octets: string]> = [
  ["F.1.1", "masked text.", "81 85 37fa213d 7f9f4d5158"],
  ["F.1.2", "masked empty text.", "81 80 37fa213d"],
  ["F.1.3", "text masked with a key of zeros.", "81 85 00000000 48656c6c6f"],
  ["F.1.4", "masked Ping.", "89 80 37fa213d"],
  ["F.1.5", "masked Close.", "88 82 37fa213d 3412"],
  ["F.1.6", "masked continuation.", "01 02 4865 80 83 37fa213d 5b9652"],
  ["F.2.1", "text of 5 octets, length in 16 bits.", "81 7e 0005 48656c6c6f"],
  ["F.2.2", "text of 5 octets, length in 64 bits.", "81 7f 0000000000000005 48656c6c6f"],
  ["F.2.3", "empty text, length in 16 bits.", "81 7e 0000"],
  ["F.2.4", "binary of 125 octets, length in 16 bits.", `82 7e 007d ${"fe".repeat(125)}`],
  ["F.2.5", "binary of 126 octets, length in 64 bits.", `82 7f 000000000000007e ${"fe".repeat(126)}`],
  ["F.2.6", "binary of 65,535 octets, length in 64 bits.", `82 7f 000000000000ffff ${"fe".repeat(65_535)}`],
  ["F.2.7", "Ping of 4 octets, length in 16 bits.", "89 7e 0004 70696e67"],
  ["F.4.1", "Ping with RSV1.", "c9 00"],
  ["F.4.2", "Ping with RSV2.", "a9 00"],
  ["F.4.3", "Ping with RSV3.", "99 00"],
  ["F.4.4", "Pong with RSV1.", "ca 00"],
  ["F.4.5", "Pong with RSV2.", "aa 00"],
  ["F.4.6", "Pong with RSV3.", "9a 00"],
  ["F.4.7", "Close with RSV1.", "c8 02 03e8"],
  ["F.4.8", "Close with RSV2.", "a8 02 03e8"],
  ["F.4.9", "Close with RSV3.", "98 02 03e8"],
  ["F.4.10", "continuation with RSV1.", "01 02 4865 c0 03 6c6c6f"],
  ["F.4.11", "continuation with RSV2.", "01 02 4865 a0 03 6c6c6f"],
  ["F.4.12", "continuation with RSV3.", "01 02 4865 90 03 6c6c6f"],
  ["F.4.13", "binary with RSV1.", "c2 05 48656c6c6f"],
  ["F.4.14", "reserved opcode 3 with FIN=0.", "03 02 4865"],
  ["F.4.15", "Close with FIN=0.", "08 02 03e8"],
  ["F.4.16", "Ping that announces 65,536 octets.", "89 7f 0000000000010000"],
  ["F.4.17", "Close that announces 126 octets.", "88 7e 007e"]
]

/** "The most significant bit MUST be 0" (§5.2); too big it is as well. */
const topBits: ReadonlyArray<readonly [id: string, does: string, octets: string]> = [
  ["F.3.1", "64-bit length with the top bit set, 0x8000000000000000.", "82 7f 8000000000000000"],
  ["F.3.2", "64-bit length with all bits set.", "82 7f ffffffffffffffff"],
  ["F.3.3", "64-bit length 5 with the top bit set.", "82 7f 8000000000000005 48656c6c6f"]
]

const euro = Frame.hex("e2 82 ac")
const numbers = Array.from({ length: 1_000 }, (_, index) => `${index}`)

const texts: ReadonlyArray<readonly [id: string, does: string, octets: Uint8Array, events: ReadonlyArray<Event>]> = [
  [
    "F.6.1",
    "A code point in three fragments, a Ping between each.",
    Frame.hex("01 01 e2 89 01 31 00 01 82 89 01 32 80 01 ac"),
    [event("pong", "1"), event("pong", "2"), event("text", euro)]
  ],
  [
    "F.6.2",
    "A code point in three fragments, an empty one between each.",
    Frame.hex("01 01 e2 00 00 00 01 82 00 00 80 01 ac"),
    [event("text", euro)]
  ],
  [
    "F.6.3",
    "1,000 Pings inside a message.",
    Frame.concat(Frame.frame(0x01, "a"), ...numbers.map((number) => Frame.frame(0x89, number)), Frame.frame(0x80, "b")),
    [...numbers.map((number) => event("pong", number)), event("text", "ab")]
  ],
  [
    "F.6.4",
    "10,000 Pongs that nobody asked for, then text.",
    Frame.concat(...new Array<Buffer>(10_000).fill(Frame.frame(0x8a, "pong")), Frame.frame(0x81, "text")),
    [event("text", "text")]
  ],
  [
    "F.6.5",
    "1,000 short messages in one write.",
    Frame.concat(...numbers.map((number) => Frame.frame(0x82, number))),
    numbers.map((number) => event("binary", number))
  ]
]

const brokenByEmpty: Case = {
  ...fails("F.6.6", "text that ends inside a code point, its last fragment empty.", Frame.hex("01 02 e282 80 00"), 1007)
}

/**
 * 8 MB of Pings while the server reads nothing. A client that stops reading when it cannot write never comes back;
 * one that keeps every pong grows without bound, which is why pongs may be left out when a newer Ping has come (§5.5.3).
 */
const pingFlood: Case = {
  id: "F.7.1",
  does: "60,000 Pings while the server does not read, then text.",
  expects: "Pongs in order, the last Ping answered, then the echo.",
  steps: () => [
    { reading: false },
    { write: Frame.concat(...Array.from({ length: pings }, (_, ping) => Frame.frame(0x89, `${ping}`.padStart(100)))) },
    { reading: true },
    { write: Frame.frame(0x81, "after") }
  ],
  expected: {
    OK: (events) => {
      if (`${events.at(-1)?.[1]}` !== "after") return false
      const pongs = events.slice(0, -1).map(([kind, payload]) => (kind === "pong" ? Number(payload) : -1))
      return pongs.at(-1) === pings - 1 && pongs.every((pong, index) => pong > (pongs[index - 1] ?? -1))
    }
  },
  close: serverCloses,
  timer: { kill: 20 },
  heavy: true
}

const pings = 60_000

const lengths = [...new Array<ReadonlyArray<number>>(40).fill([0, 1, 125, 126, 127]).flat(), 65_535, 65_536]

const maskedEchoes: Case = {
  id: "F.8.1",
  does: "202 messages of lengths around each form of the length field.",
  expects: "Echoes in frames masked with a new, unpredictable key each, lengths in the fewest octets (§5.2, §5.3).",
  steps: [],
  exchange: {
    messages: () => lengths.map(binary),
    compare: "octets",
    fragmentOctets: 0,
    limit: 20
  },
  expected: { OK: [] },
  close: serverCloses,
  timer: { close: 20 },
  frames: (frames) => {
    const keys = new Set(frames.map(({ maskingKey }: FrameFacts) => maskingKey))
    // Two equal keys among 203 of 32 bits come about once in 210,000 runs; two pairs never.
    return keys.size < frames.length - 1 || keys.has(0) ? ["masking keys repeat"] : []
  }
}

const binary = (length: number): Outgoing => ({ kind: "binary", payload: Buffer.alloc(length, 0xa5) })
