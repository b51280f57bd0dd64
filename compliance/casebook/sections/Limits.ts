/** Autobahn 9 and 10: large messages, many fragments, many round trips. Only kind and length of echoes are compared. */
import { type Case, event, type Outgoing, serverCloses } from "../Case.ts"
import * as Frame from "../Frame.ts"

export const limits = (): ReadonlyArray<Case> => [
  ...kinds.flatMap(({ kind, octet, whole, fragmented, chopped, many }) => [
    ...[0x10000, 0x40000, 0x100000, 0x400000, 0x800000, 0x1000000].map((octets, index) =>
      exchange({
        id: `${whole}.${index + 1}`,
        does: `One ${kind} frame of ${size(octets)}.`,
        limit: index < (kind === "text" ? 2 : 4) ? 10 : 100,
        messages: () => [{ kind, payload: Buffer.alloc(octets, octet) }]
      })
    ),
    ...fragmentSizes.map((octets, index) =>
      exchange({
        id: `${fragmented}.${index + 1}`,
        does: `${kind} of 4 MiB in fragments of ${size(octets)}.`,
        limit: 100,
        messages: () => {
          const payload = Buffer.alloc(0x400000, octet)
          return [{ kind, payload, octets: withEmptyLast(kind === "text" ? 0x01 : 0x02, payload, octets) }]
        }
      })
    ),
    ...[64, 128, 256, 512, 1024, 2048].map((chop, index) =>
      exchange({
        id: `${chopped}.${index + 1}`,
        does: `One ${kind} frame of 1 MiB in chops of ${chop} octets.`,
        limit: 1000,
        messages: () => [{ kind, payload: Buffer.alloc(0x100000, octet), chop }]
      })
    ),
    ...roundTrips.map(([octets, limit], index) =>
      exchange({
        id: `${many}.${index + 1}`,
        does: `1,000 times: ${kind} of ${octets} octets, and its echo.`,
        limit,
        messages: () => new Array<Outgoing>(1000).fill({ kind, payload: Buffer.alloc(octets, octet) })
      })
    )
  ]),
  autoFragmented
]

const exchange = (row: {
  readonly id: string
  readonly does: string
  readonly limit: number
  readonly messages: () => ReadonlyArray<Outgoing>
}): Case => ({
  id: row.id,
  does: row.does,
  expects: `Echoes of the same kind and length within ${row.limit} s.`,
  steps: [],
  exchange: { messages: row.messages, compare: "length", fragmentOctets: 0, limit: row.limit },
  expected: { OK: [] },
  close: serverCloses,
  timer: { close: row.limit }
})

/** The fragments, and behind them an empty last one; a message of one fragment is one frame. */
const withEmptyLast = (octet0: number, payload: Uint8Array, octets: number): Buffer => {
  if (octets >= payload.length) return Frame.frame(octet0 | 0x80, payload)
  const frames: Array<Buffer> = []
  for (let start = 0; start < payload.length; start += octets) {
    frames.push(Frame.frame(start === 0 ? octet0 : 0x00, payload.subarray(start, start + octets)))
  }
  return Frame.concat(...frames, Frame.frame(0x80))
}

const size = (octets: number): string => {
  if (octets >= 0x100000) return `${octets / 0x100000} MiB`
  return octets >= 0x400 ? `${octets / 0x400} KiB` : `${octets} octets`
}

const kinds = [
  { kind: "text", octet: "BAsd7&jh23", whole: "9.1", fragmented: "9.3", chopped: "9.5", many: "9.7" },
  { kind: "binary", octet: Frame.hex("00 fe 23 fa f0"), whole: "9.2", fragmented: "9.4", chopped: "9.6", many: "9.8" }
] as const

const fragmentSizes = [0x40, 0x100, 0x400, 0x1000, 0x4000, 0x10000, 0x40000, 0x100000, 0x400000]

const roundTrips: ReadonlyArray<readonly [octets: number, limit: number]> = [
  [0, 60],
  [16, 60],
  [64, 60],
  [256, 120],
  [1024, 240],
  [4096, 480]
]

const longText = Buffer.alloc(0x10000, "*")

const autoFragmented: Case = {
  id: "10.1.1",
  does: "Text of 64 KiB in 51 fragments of at most 1,300 octets.",
  expects: "The whole text in one message.",
  steps: [{ write: Frame.fragments(0x01, longText, 1300) }],
  expected: { OK: [event("text", longText)] },
  close: serverCloses,
  timer: { kill: 10 }
}
