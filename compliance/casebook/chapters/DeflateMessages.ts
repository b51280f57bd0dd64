/**
 * D.2 to D.5: what a compressed message may look like, what it may not, how much may come out of it, and what the
 * client's own compressor must keep to (RFC 7692 §6, §7.2, §8). The octets of messages are those of §7.2.3.
 */
import { constants, deflateRawSync } from "node:zlib"
import {
  type Agreement,
  type Case,
  clientFails,
  type Event,
  event,
  type Outgoing,
  type Step,
  serverCloses
} from "../Case.ts"
import * as Frame from "../Frame.ts"
import { Generator } from "../payloads/Generator.ts"
import { agreeing } from "./DeflateAnswers.ts"
import { echoes, fails } from "./Frames.ts"

export const deflateMessages = (): ReadonlyArray<Case> => [
  ...legal.map(
    ([id, does, octets, events]): Case => ({ ...echoes(id, does, Frame.hex(octets), events), agree: plain })
  ),
  ...illegal.map(
    ([id, does, octets, ...codes]): Case => ({ ...fails(id, does, Frame.hex(octets), ...codes), agree: plain })
  ),
  ...bombs,
  exactly,
  ...windows.map(([id, answer, agreement]) => honours(id, answer, agreement))
]

const plain = agreeing("permessage-deflate")

const hello = event("text", "Hello")

const legal: ReadonlyArray<readonly [id: string, does: string, octets: string, events: ReadonlyArray<Event>]> = [
  ["D.2.1", "One compressed frame (§7.2.3.1).", "c1 07 f248cdc9c90700", [hello]],
  ["D.2.2", "The same in two fragments.", "41 03 f248cd 80 04 c9c90700", [hello]],
  [
    "D.2.3",
    "The same in fragments of one octet, Pings between.",
    "41 01 f2 00 01 48 89 00 00 01 cd 00 01 c9 89 00 00 01 c9 00 01 07 80 01 00",
    [event("pong"), event("pong"), hello]
  ],
  ["D.2.4", "The same with empty fragments between.", "41 00 00 03 f248cd 00 00 00 04 c9c90700 80 00", [hello]],
  [
    "D.2.5",
    "A match in the window of the message before (§7.2.3.2).",
    "c1 07 f248cdc9c90700 c1 05 f200110000",
    [hello, hello]
  ],
  ["D.2.6", "A stored block (§7.2.3.3).", "c1 0b 000500faff48656c6c6f00", [hello]],
  [
    "D.2.7",
    "Two messages in stored blocks.",
    "c1 0b 000500faff48656c6c6f00 c1 0b 000500faff48656c6c6f00",
    [hello, hello]
  ],
  ["D.2.8", "A block with BFINAL set (§7.2.3.4).", "c1 08 f348cdc9c9070000", [hello]],
  ["D.2.9", "Two messages, both with BFINAL set.", "c1 08 f348cdc9c9070000 c1 08 f348cdc9c9070000", [hello, hello]],
  ["D.2.10", "BFINAL set, then a message without.", "c1 08 f348cdc9c9070000 c1 07 f248cdc9c90700", [hello, hello]],
  [
    "D.2.11",
    "A block with BFINAL set, another block behind it in the same message (§7.2.1).",
    "c1 0e f348cdc9c90700 f248cdc9c90700",
    [event("text", "HelloHello")]
  ],
  ["D.2.12", "A stored block with BFINAL set.", "c1 0b 010500faff48656c6c6f00", [hello]],
  ["D.2.13", "Two blocks (§7.2.3.5).", "c1 0d f248050000 00ffff cac9c90700", [hello]],
  ["D.2.14", "An empty message in one octet (§7.2.3.6).", "c1 01 00", [event("text")]],
  ["D.2.15", "An empty binary message in one octet.", "c2 01 00", [event("binary")]],
  [
    "D.2.16",
    "An empty message between two others.",
    "c1 07 f248cdc9c90700 c1 01 00 c1 05 f200110000",
    [hello, event("text"), hello]
  ],
  ["D.2.17", "An empty message as a fixed block.", "c1 02 0200", [event("text")]],
  ["D.2.18", "Binary, compressed.", "c2 07 f248cdc9c90700", [event("binary", "Hello")]],
  ["D.2.19", "A message that is not compressed.", "81 05 48656c6c6f", [hello]],
  [
    "D.2.20",
    "Compressed, not compressed, compressed with a match in the first.",
    "c1 07 f248cdc9c90700 81 02 6869 c1 05 f200110000",
    [hello, event("text", "hi"), hello]
  ],
  ["D.2.21", "Many empty stored blocks.", `c1 2f ${"000000ffff".repeat(8)} f248cdc9c90700`, [hello]]
]

const illegal: ReadonlyArray<readonly [id: string, does: string, octets: string, ...codes: Array<number>]> = [
  ["D.3.1", "RSV1 on the last fragment too (§6.1).", "41 03 f248cd c0 04 c9c90700", 1002],
  ["D.3.2", "RSV1 on the last fragment only.", "01 03 48656c c0 04 c9c90700", 1002],
  ["D.3.3", "RSV1 on a continuation in the middle.", "41 03 f248cd 40 02 c9c9 80 02 0700", 1002],
  ["D.3.4", "compressed Ping.", "c9 07 f248cdc9c90700", 1002],
  ["D.3.5", "compressed Pong.", "ca 07 f248cdc9c90700", 1002],
  ["D.3.6", "compressed Close.", "c8 07 f248cdc9c90700", 1002],
  ["D.3.7", "RSV2 beside RSV1.", "e1 07 f248cdc9c90700", 1002],
  ["D.3.8", "RSV3 alone.", "91 05 48656c6c6f", 1002],
  ["D.3.9", "RSV1 on a continuation of nothing.", "c0 07 f248cdc9c90700", 1002],
  ["D.3.10", "a block of the reserved type.", "c1 02 0700", 1002, 1007],
  ["D.3.11", "a stored block whose lengths contradict each other.", "c1 0b 000500000048656c6c6f00", 1002, 1007],
  ["D.3.12", "a match in front of everything ever sent.", "c1 05 f200110000", 1002, 1007],
  ["D.3.13", "a dynamic block with an impossible code.", "c1 06 0dff ff ff ff 00", 1002, 1007],
  ["D.3.14", "octets that are no DEFLATE, in three fragments.", "42 03 ffffff 00 03 ffffff 80 03 ffffff", 1002, 1007],
  ["D.3.15", "compressed text that is not UTF-8.", "c1 08 0002 00 fdff c328 00", 1007],
  ["D.3.16", "compressed text that ends inside a code point.", "c1 08 0002 00 fdff e282 00", 1007]
]

/** 4 MiB of zeros in about 4 KiB, ended by an empty stored block so that copies can follow each other. */
const zeros = () =>
  deflateRawSync(Buffer.alloc(0x400000), { level: 9, memLevel: 9, finishFlush: constants.Z_SYNC_FLUSH })

const copies = (count: number): Buffer => Frame.concat(...new Array<Buffer>(count).fill(zeros()))

const bomb = (id: string, does: string, steps: () => ReadonlyArray<Step>): Case => ({
  id,
  does,
  expects: "No echo; the client fails the connection with 1009.",
  agree: plain,
  steps,
  expected: { OK: [] },
  close: clientFails(1009),
  timer: { kill: 3 },
  heavy: true
})

const bombs: ReadonlyArray<Case> = [
  bomb("D.4.1", "A frame just under 1 MiB that inflates to 1 GiB.", () => [
    { write: Frame.frame(0xc2, copies(255).subarray(0, -4)) }
  ]),
  bomb("D.4.2", "10 GiB spread over fragments of 4 KiB.", () => [
    { write: Frame.frame(0x42, zeros()) },
    { flood: Frame.concat(...new Array<Buffer>(16).fill(Frame.frame(0x00, zeros()))), octets: 2_560 * zeros().length }
  ]),
  bomb("D.4.3", "16 MiB and one octet in one frame.", () => [
    { write: Frame.frame(0xc2, Frame.concat(copies(4), Frame.hex("000100feff2a00"))) }
  ]),
  bomb("D.4.4", "16 MiB and one octet in a message that is never finished.", () => [
    { write: Frame.concat(Frame.frame(0x42, copies(4)), Frame.frame(0x00, Frame.hex("000100feff2a00"))) }
  ]),
  bomb("D.4.5", "Empty compressed fragments without end.", () => [
    { write: Frame.hex("42 00") },
    { flood: Frame.concat(...new Array<Buffer>(4_096).fill(Frame.frame(0x00))), octets: 4_000_000 }
  ])
]

const exactly: Case = {
  ...bomb("D.4.6", "16 MiB of zeros in 16 KiB, which is within the limit.", () => [
    { write: Frame.frame(0xc2, copies(4).subarray(0, -4)) }
  ]),
  expects: "The echo of 16 MiB.",
  expected: { OK: (events) => events.length === 1 && events[0]![0] === "binary" && events[0]![1].length === 0x1000000 },
  close: serverCloses,
  timer: { kill: 20 }
}

const bits = [8, 9, 10, 11, 12, 13, 14, 15]

const windows: ReadonlyArray<readonly [id: string, answer: string, agreement: Omit<Agreement, "answer">]> = [
  ...bits.map(
    (bits, index) => [`D.5.${index + 1}`, `client_max_window_bits=${bits}`, { clientMaxWindowBits: bits }] as const
  ),
  ...bits.map(
    (bits, index) =>
      [
        `D.5.${index + 9}`,
        `client_max_window_bits=${bits}; client_no_context_takeover`,
        { clientMaxWindowBits: bits, clientNoContextTakeover: true }
      ] as const
  ),
  ...bits.map(
    (bits, index) => [`D.5.${index + 17}`, `server_max_window_bits=${bits}`, { serverMaxWindowBits: bits }] as const
  ),
  ...bits.map(
    (bits, index) =>
      [
        `D.5.${index + 25}`,
        `server_max_window_bits=${bits}; server_no_context_takeover`,
        { serverMaxWindowBits: bits, serverNoContextTakeover: true }
      ] as const
  )
]

/** Octets that repeat just inside and just outside the window, within a message and from one to the next. */
const honours = (id: string, parameters: string, agreement: Omit<Agreement, "answer">): Case => ({
  id,
  does: `Agrees to ${parameters}; messages repeat at distances around the window.`,
  expects: "Every echo, and no match beyond the window or the context agreed.",
  agree: agreeing(`permessage-deflate; ${parameters}`, agreement),
  steps: [],
  exchange: {
    messages: () => repeating(1 << (agreement.clientMaxWindowBits ?? agreement.serverMaxWindowBits!)),
    compare: "octets",
    fragmentOctets: 0,
    limit: 20
  },
  expected: { OK: [] },
  close: serverCloses,
  timer: { close: 20 }
})

const repeating = function* (window: number): Iterable<Outgoing> {
  for (const distance of [window - 262, window - 1, window, window + 1, window + 100, 2 * window, 40]) {
    const generator = new Generator(distance + 1)
    const block = Buffer.from(Array.from({ length: distance < 0 ? 300 : distance }, () => generator.below(256)))
    const payload = Frame.concat(block, block.subarray(0, 600), block.subarray(0, 600))
    yield { kind: "binary", payload }
    yield { kind: "binary", payload: block }
    yield { kind: "binary", payload: Frame.concat(block, Buffer.alloc(2_000, 0x61)) }
  }
}
