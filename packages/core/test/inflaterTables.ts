/** Messages of permessage-deflate with what comes of them, and messages that are corrupt, for every inflater. */
import type * as Compression from "../src/Compression.ts"
import { Bits } from "./deflate.ts"
import { hex } from "./hex.ts"

/** What comes of one message, in hex; undefined: it is corrupt. */
export type Row = readonly [
  what: string,
  messages: ReadonlyArray<readonly [compressed: string | Uint8Array, inflated: string | undefined]>,
  options?: Partial<Compression.InflaterOptions>
]

/** "Hello", the text of every example in RFC 7692. */
export const hello = "48656c6c6f"

export const fixedA = () => new Bits().block(1).fixed(0x61)

/** Codes for the code lengths of dynamic blocks: 18 in one bit, the others in three. */
const lengthsCode = { 18: 1, 0: 3, 1: 3, 2: 3, 16: 3 }

/** A dynamic block in which "a" is 0 and the end is 1, with these distance codes. */
const dynamicA = (...distances: ReadonlyArray<readonly [length: number]>): Bits => {
  const rest = [[18, 86], [1], [18, 127], [18, 9], [1]] as const
  return new Bits().dynamic(257, distances.length, lengthsCode, ...rest, ...distances)
}

/** One in which "a" is 0, a match of three bytes 11 and the end 10. */
const dynamicMatch = (...distances: ReadonlyArray<readonly [length: number]>): Bits => {
  const rest = [[18, 86], [1], [18, 127], [18, 9], [2], [2]] as const
  return new Bits().dynamic(258, distances.length, lengthsCode, ...rest, ...distances)
}

/** One in which the end is 0, and nothing else is. */
const dynamicEnd = () => new Bits().dynamic(257, 1, lengthsCode, [18, 127], [18, 107], [1], [0])

export const goldens: ReadonlyArray<Row> = [
  ["RFC 7692 §7.2.3.1: one block", [["f248cdc9c90700", hello]]],
  [
    "RFC 7692 §7.2.3.2: a match in the message before",
    [
      ["f248cdc9c90700", hello],
      ["f200110000", hello],
      ["f200110000", hello]
    ]
  ],
  [
    "RFC 7692 §7.2.3.2: no match in it without takeover",
    [
      ["f248cdc9c90700", hello],
      ["f200110000", undefined]
    ],
    { contextTakeover: false }
  ],
  ["RFC 7692 §7.2.3.3: a stored block", [["000500faff48656c6c6f00", hello]]],
  ["RFC 7692 §7.2.3.4: a last block", [["f348cdc9c9070000", hello]]],
  ["RFC 7692 §7.2.3.5: two blocks", [["f2480500 0000ffff cac9c90700", hello]]],
  [
    "RFC 7692 §7.2.3.6: an empty message in one octet",
    [
      ["00", ""],
      ["00", ""]
    ]
  ],
  ["an empty fixed block", [["0200", ""]]],
  ["many empty blocks", [[`${"000000ffff".repeat(9)}f248cdc9c90700`, hello]]],
  ["a stored block that says it is the last", [["010500faff48656c6c6f00", hello]]],
  [
    "an empty one that does: its last octets are the tail",
    [
      ["01", ""],
      ["f248cdc9c90700", hello],
      ["01", ""],
      ["f200110000", hello]
    ]
  ],
  [
    "a last block in each message, matches across both",
    [
      ["f348cdc9c9070000", hello],
      ["f300110000", hello],
      ["f200110000", hello]
    ]
  ],
  ["a match across last blocks of one message", [["f348cdc9c90700 f3001100 f200110000", hello.repeat(3)]]],
  [
    "the same without takeover",
    [
      ["f348cdc9c90700 f3001100 f200110000", hello.repeat(3)],
      ["f200110000", undefined]
    ],
    { contextTakeover: false }
  ],
  [
    "without takeover each message stands alone",
    [
      ["f248cdc9c90700", hello],
      ["f348cdc9c9070000", hello],
      ["00", ""]
    ],
    { contextTakeover: false }
  ],
  ["a match that repeats its own bytes", [[fixedA().match(1).match(4).fixed(256).message(), "61".repeat(7)]]],
  ["a dynamic block without distance codes", [[dynamicA([0]).code("0001").message(), "616161"]]],
  ["one distance code of one bit", [[dynamicMatch([1]).code("011011010").message(), "61".repeat(7)]]],
  ["a block whose only code is its end", [[dynamicEnd().code("0").message(), ""]]],
  [
    "the longest match, written both ways",
    [[fixedA().fixed(285).code("00000").fixed(284).number(31, 5).code("00000").fixed(256).message(), "61".repeat(517)]]
  ]
]

export const corrupt: ReadonlyArray<readonly [what: string, message: string | Uint8Array]> = [
  ["nothing at all", ""],
  ["a last block, and nothing behind it", "f348cdc9c90700"],
  ["no header of the block that the tail ends", "f248cdc9c907"],
  ["a block of the reserved type", "0600"],
  ["the same, said to be the last", "0700"],
  ["a stored block whose lengths contradict each other", "000500fbff48656c6c6f00"],
  ["one whose lengths are the same", "0005000500 48656c6c6f00"],
  ["one of no bytes", "000000000000"],
  ["one that takes the tail for its bytes", "000500faff48"],
  ["the length symbol 286", fixedA().fixed(286).code("00000").fixed(256).message()],
  ["the length symbol 287", fixedA().fixed(287).code("00000").fixed(256).message()],
  ["the distance symbol 30", fixedA().fixed(257).code("11110").number(0, 14).fixed(256).message()],
  ["the distance symbol 31", fixedA().fixed(257).code("11111").number(0, 14).fixed(256).message()],
  ["a distance before the first byte", new Bits().block(1).match(1).fixed(256).message()],
  ["a distance of one too many", fixedA().match(2).fixed(256).message()],
  ["the largest distance", fixedA().match(32_768).fixed(256).message()],
  ["a distance before a last block", new Bits().stored(hex("61"), true).block(1).match(2).fixed(256).message()],
  ["287 literal and length codes", new Bits().block(2).number(30, 5).number(0, 30).message()],
  ["288 literal and length codes", new Bits().block(2).number(31, 5).number(0, 30).message()],
  ["31 distance codes", new Bits().block(2).number(0, 5).number(30, 5).number(0, 30).message()],
  ["32 distance codes", new Bits().block(2).number(0, 5).number(31, 5).number(0, 30).message()],
  ["no code lengths", new Bits().dynamic(257, 1, {}).number(0, 90).message()],
  ["too many code lengths", new Bits().dynamic(257, 1, { 0: 1, 1: 1, 18: 1 }).number(0, 90).message()],
  ["too few code lengths", new Bits().dynamic(257, 1, { 0: 2, 1: 2, 18: 2 }).number(0, 90).message()],
  ["one code length only", new Bits().dynamic(257, 1, { 0: 1 }).number(0, 258).message()],
  ["a repetition of nothing", new Bits().dynamic(257, 1, lengthsCode, [16, 0]).number(0, 90).message()],
  [
    "zeros repeated beyond the end",
    new Bits().dynamic(257, 1, lengthsCode, [18, 127], [18, 127]).number(0, 90).message()
  ],
  [
    "a length repeated beyond the end",
    new Bits().dynamic(257, 1, lengthsCode, [18, 127], [18, 105], [1], [1], [16, 0]).message()
  ],
  [
    "no code for the end",
    new Bits().dynamic(257, 1, lengthsCode, [18, 86], [1], [1], [18, 127], [18, 9], [0]).code("00").message()
  ],
  [
    "too many literal codes",
    new Bits().dynamic(257, 1, lengthsCode, [18, 86], [1], [1], [18, 127], [18, 8], [1], [0]).code("00").message()
  ],
  [
    "too few literal codes",
    new Bits().dynamic(257, 1, lengthsCode, [18, 86], [2], [18, 127], [18, 9], [2], [0]).code("0001").message()
  ],
  ["too many distance codes", dynamicA([1], [1], [1]).code("0001").message()],
  ["too few distance codes", dynamicA([2], [2]).code("0001").message()],
  ["one distance code of two bits", dynamicA([2]).code("0001").message()],
  ["the code that the only one leaves over", dynamicEnd().code("1").number(0, 40).message()],
  ["a distance where there is no code for one", dynamicMatch([0]).code("0110").number(0, 40).message()],
  ["the distance code that the only one leaves over", dynamicMatch([1]).code("0111").number(0, 40).message()]
]
