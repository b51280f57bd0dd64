/**
 * Every workload with its targets, ours against `ws`: `[must, aim]` per size. This is the acceptance table; a new workload is
 * one entry. `Metrics` says what is judged for each kind, `../measure` how it is measured.
 */
import type { Payload } from "../Payloads.ts"
import type { Lane, SendMode } from "../peers/Peer.ts"

export type Kind = "receive" | "send" | "echo" | "connect" | "idle" | "import" | "crowd"

export interface Workload {
  readonly name: string
  readonly group: string
  readonly kind: Kind
  /** What the numbers in `rows` count. */
  readonly by: "bytes" | "at a time" | "open" | "messages before" | "fragments" | ""
  readonly payload?: Payload
  readonly lane?: Lane
  readonly mode?: SendMode
  readonly fragment?: number
  readonly deflate?: boolean
  readonly outstanding?: number
  readonly tls?: boolean
  /** Connections that were opened and closed before the clock starts. Default: 1,024, at which V8 still compiles. */
  readonly after?: number
  /** Connections that are open already at the first look. Default: as many as are opened at a time. */
  readonly beside?: number
  /** The entry point that is imported. */
  readonly entry?: string
  /** Each row is judged against the first of the same arm, not against `ws`: the cost must not grow. */
  readonly growth?: boolean
  /** The only arms that take part; absent: all that can. */
  readonly arms?: ReadonlyArray<string>
  readonly rows: Readonly<Record<number, Targets>>
}

/** Absent: measured and shown, not judged. */
export type Targets = readonly [must: number, aim: number] | undefined

/** Not more than that many times the cost in the first row. */
const level: Targets = [1.25, 1.1]

const KiB = 1024
const MiB = 1024 * 1024

export const workloads: ReadonlyArray<Workload> = [
  {
    name: "receive text by the array",
    group: "receive",
    kind: "receive",
    by: "bytes",
    payload: "text",
    lane: "array",
    rows: {
      16: [5, 12],
      125: [2.5, 4],
      [KiB]: [1.4, 1.9],
      [16 * KiB]: [1.2, 1.6],
      [64 * KiB]: [1.5, 2.7],
      [MiB]: [1.5, 3],
      [16 * MiB]: [1.2, 2]
    }
  },
  {
    name: "receive text with one effect per message",
    group: "receive",
    kind: "receive",
    by: "bytes",
    payload: "text",
    lane: "each",
    rows: { 16: [1.5, 3.2], [KiB]: [1.2, 1.6], [64 * KiB]: [1.3, 2.7] }
  },
  {
    name: "receive binary by the array",
    group: "receive",
    kind: "receive",
    by: "bytes",
    payload: "binary",
    lane: "array",
    rows: {
      16: [1.5, 5],
      125: [1.2, 1.8],
      [KiB]: [1, 1.6],
      [16 * KiB]: undefined,
      [64 * KiB]: [1, 1.6],
      [MiB]: [1, 2.4],
      [16 * MiB]: undefined
    }
  },
  {
    name: "receive multi-byte text by the array",
    group: "receive",
    kind: "receive",
    by: "bytes",
    payload: "multibyte",
    lane: "array",
    rows: { 64: [2, 5], [KiB]: [1.2, 1.5], [64 * KiB]: [1.1, 2] }
  },
  {
    name: "receive text in fragments of 1 KiB",
    group: "receive",
    kind: "receive",
    by: "bytes",
    payload: "text",
    lane: "array",
    fragment: KiB,
    rows: { [MiB]: [1.5, 4] }
  },
  {
    name: "receive binary in fragments of 1 KiB",
    group: "receive",
    kind: "receive",
    by: "bytes",
    payload: "binary",
    lane: "array",
    fragment: KiB,
    rows: { [MiB]: [1.1, 3.4] }
  },
  {
    name: "send text each awaited",
    group: "send",
    kind: "send",
    by: "bytes",
    payload: "text",
    mode: "awaited",
    rows: {
      16: [10, 40],
      125: [10, 30],
      [KiB]: [5, 15],
      [16 * KiB]: [1.2, 1.8],
      [64 * KiB]: [1.1, 2.2],
      [MiB]: [1.1, 1.6],
      [16 * MiB]: undefined
    }
  },
  {
    name: "send binary each awaited",
    group: "send",
    kind: "send",
    by: "bytes",
    payload: "binary",
    mode: "awaited",
    rows: { 16: undefined, [KiB]: undefined, [64 * KiB]: undefined, [MiB]: undefined }
  },
  {
    name: "send text in batches of 64",
    group: "send",
    kind: "send",
    by: "bytes",
    payload: "text",
    mode: "batched",
    rows: { 16: undefined, [KiB]: undefined }
  },
  {
    name: "send text from 100 fibers",
    group: "send",
    kind: "send",
    by: "bytes",
    payload: "text",
    mode: "fibers",
    rows: { 16: undefined, [KiB]: undefined }
  },
  {
    name: "receive JSON with permessage-deflate",
    group: "deflate",
    kind: "receive",
    by: "bytes",
    payload: "json",
    lane: "array",
    deflate: true,
    rows: { 64: [10, 150], [KiB]: [5, 14], [64 * KiB]: [1.5, 3] }
  },
  {
    name: "send JSON with permessage-deflate",
    group: "deflate",
    kind: "send",
    by: "bytes",
    payload: "json",
    mode: "awaited",
    deflate: true,
    rows: { 64: [5, 38], [KiB]: [4, 16], [64 * KiB]: [1, 1.2] }
  },
  {
    name: "echo with one outstanding",
    group: "echo",
    kind: "echo",
    by: "bytes",
    payload: "text",
    lane: "each",
    outstanding: 1,
    rows: { 64: [1.1, 1] }
  },
  {
    name: "echo with 64 outstanding",
    group: "echo",
    kind: "echo",
    by: "bytes",
    payload: "text",
    lane: "array",
    outstanding: 64,
    rows: { 64: [2, 5] }
  },
  {
    name: "connect and close",
    group: "connect",
    kind: "connect",
    by: "at a time",
    rows: { 1: [0.9, 1.3], 32: [1, 2.2] }
  },
  {
    name: "connect and close after 8,192 others",
    group: "connect",
    kind: "connect",
    by: "at a time",
    after: 8192,
    rows: { 1: undefined, 32: undefined }
  },
  {
    name: "connect and close over TLS",
    group: "connect",
    kind: "connect",
    by: "at a time",
    tls: true,
    rows: { 1: undefined, 32: undefined }
  },
  { name: "memory of an idle connection", group: "idle", kind: "idle", by: "open", rows: { 2000: [1.2, 0.7] } },
  {
    name: "memory of an idle connection beside 2,000 others",
    group: "idle",
    kind: "idle",
    by: "open",
    beside: 2000,
    rows: { 2000: undefined }
  },
  {
    name: "memory of an idle connection with permessage-deflate",
    group: "idle",
    kind: "idle",
    by: "open",
    deflate: true,
    rows: { 2000: undefined }
  },
  {
    name: "import of @effect-websocket/client",
    group: "import",
    kind: "import",
    by: "",
    entry: "@effect-websocket/client",
    rows: { 1: [350, 250] }
  },
  ...["@effect-websocket/transport", "@effect-websocket/core"].map(
    (entry): Workload => ({
      name: `import of ${entry}`,
      group: "import",
      kind: "import",
      by: "",
      entry,
      arms: ["ours", "raw"],
      rows: { 1: undefined }
    })
  ),
  {
    name: "growth: receive 16 B after many messages",
    group: "growth",
    kind: "receive",
    by: "messages before",
    payload: "text",
    lane: "array",
    growth: true,
    arms: ["ours", "ws"],
    rows: { 65536: level, [MiB]: level, [16 * MiB]: level }
  },
  {
    name: "growth: receive fragments of 64 B, per fragment",
    group: "growth",
    kind: "receive",
    by: "fragments",
    payload: "binary",
    lane: "array",
    fragment: 64,
    growth: true,
    arms: ["ours"],
    rows: { 16: level, 256: level, 4096: level, 65536: level }
  },
  {
    name: "growth: echo 64 B over many connections",
    group: "growth",
    kind: "crowd",
    by: "open",
    payload: "text",
    lane: "array",
    growth: true,
    arms: ["ours", "ws", "raw", "stream"],
    rows: { 10: level, 100: level, 1000: level, 2000: level }
  },
  {
    name: "growth: echo 64 B over many connections, one effect per message",
    group: "growth",
    kind: "crowd",
    by: "open",
    payload: "text",
    lane: "each",
    growth: true,
    arms: ["ours", "raw", "stream"],
    rows: { 10: level, 100: level, 1000: level, 2000: level }
  }
]
