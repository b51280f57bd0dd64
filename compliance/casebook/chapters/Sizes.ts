/**
 * F.5: what a client must not hold for its peer (RFC 6455 §10.4). The agent's limits are 16 MiB per message and per
 * frame, and 1,024 fragments plus one for each 16 octets received. Beyond them the answer is 1009.
 */
import { type Case, clientFails, event, type Step, serverCloses } from "../Case.ts"
import * as Frame from "../Frame.ts"

export const sizes = (): ReadonlyArray<Case> => [
  ...tooBig.map(
    ([id, does, steps]): Case => ({
      id,
      does,
      expects: "No echo; the client fails the connection with 1009.",
      steps,
      expected: { OK: [] },
      close: clientFails(1009),
      timer: { kill: 3 },
      heavy: steps.length > 1
    })
  ),
  ...within.map(
    ([id, does, octets, payload]): Case => ({
      id,
      does,
      expects: "The whole message.",
      steps: [{ write: octets }],
      expected: { OK: [event("binary", payload)] },
      close: serverCloses,
      timer: { kill: 10 }
    })
  )
]

const mebibyte = Buffer.alloc(0x100000, 0x2a)
const empty = Frame.frame(0x00)
const oneOctet = Frame.frame(0x00, "*")

/** Many copies of one frame, in writes of a useful size. */
const flood = (frame: Buffer, count: number): Step => {
  const each = Math.min(count, 4_096)
  return { flood: Frame.concat(...new Array<Buffer>(each).fill(frame)), octets: frame.length * count }
}

const tooBig: ReadonlyArray<readonly [id: string, does: string, steps: ReadonlyArray<Step>]> = [
  ["F.5.1", "The header of a frame of 16 MiB and one octet.", [{ write: Frame.header(0x82, 0x1000001) }]],
  ["F.5.2", "The header of a frame of 4 GiB.", [{ write: Frame.header(0x82, 0x100000000) }]],
  ["F.5.3", "The header of a frame of 2^53 octets.", [{ write: Frame.hex("82 7f 0020000000000000") }]],
  ["F.5.4", "The header of a frame of 2^63 - 1 octets.", [{ write: Frame.hex("82 7f 7fffffffffffffff") }]],
  [
    "F.5.5",
    "16 MiB in fragments, and the header of one more octet.",
    [
      { write: Frame.frame(0x02, mebibyte) },
      { flood: Frame.frame(0x00, mebibyte), octets: 15 * (mebibyte.length + 10) },
      { write: Frame.header(0x80, 1) }
    ]
  ],
  ["F.5.6", "Binary in empty fragments without end.", [{ write: Frame.frame(0x02) }, flood(empty, 2_000_000)]],
  ["F.5.7", "Text in empty fragments without end.", [{ write: Frame.frame(0x01) }, flood(empty, 2_000_000)]],
  ["F.5.8", "131,000 fragments of one octet.", [{ write: Frame.frame(0x02, "*") }, flood(oneOctet, 131_000)]],
  [
    "F.5.9",
    "Empty fragments without end behind 1 MiB, which buys 65,536 more.",
    [{ write: Frame.frame(0x02, mebibyte) }, flood(empty, 2_000_000)]
  ]
]

const within: ReadonlyArray<readonly [id: string, does: string, octets: Uint8Array, payload: Uint8Array]> = [
  [
    "F.5.10",
    "1,024 fragments of one octet.",
    Frame.fragments(0x02, mebibyte.subarray(0, 1_024), 1),
    mebibyte.subarray(0, 1_024)
  ],
  [
    "F.5.11",
    "1,000 empty fragments, then 8 octets.",
    Frame.concat(Frame.frame(0x02), ...new Array<Buffer>(998).fill(empty), Frame.frame(0x80, "********")),
    mebibyte.subarray(0, 8)
  ],
  ["F.5.12", "1 MiB in 65,536 fragments of 16 octets.", Frame.fragments(0x02, mebibyte, 16), mebibyte]
]
