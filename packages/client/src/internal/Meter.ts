/**
 * What the connections of one program have done and hold, for its metrics. Each connection counts for itself, in plain numbers.
 * A meter adds them up when somebody reads the metrics, so counting costs nothing until then.
 *
 * There is one meter for each metric registry and set of attributes, since a registry has only one series for each name.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as Metrics from "../Metrics.ts"
import { Crowd, type Member } from "./Crowd.ts"

/** Counts that only grow, and still count when their connection is gone. */
const totals = {
  connectionsOpened: Metrics.connectionsOpened,
  messagesReceived: Metrics.messagesReceived,
  messagesSent: Metrics.messagesSent,
  framesReceived: Metrics.framesReceived,
  framesSent: Metrics.framesSent,
  bytesReceived: Metrics.bytesReceived,
  bytesSent: Metrics.bytesSent
}

/** Current values, which are gone with their connection. */
const levels = {
  connectionsOpen: Metrics.connectionsOpen,
  inboxMessages: Metrics.inboxMessages,
  inboxBytes: Metrics.inboxBytes,
  outboxMessages: Metrics.outboxMessages,
  outboxBytes: Metrics.outboxBytes
}

/** Ratios of two totals. */
const ratios = {
  Received: Metrics.compressionRatioReceived,
  Sent: Metrics.compressionRatioSent
}

type RatioPart = `compressedBytes${keyof typeof ratios}` | `plainBytes${keyof typeof ratios}`

/** Everything that still counts when its connection is gone. */
const lasting: ReadonlyArray<keyof typeof totals | RatioPart> = [
  ...(Object.keys(totals) as Array<keyof typeof totals>),
  ...(Object.keys(ratios) as Array<keyof typeof ratios>).flatMap(
    (way) => [`compressedBytes${way}`, `plainBytes${way}`] as const
  )
]

/** What one connection or one outbox adds. */
export type Counts = Readonly<Partial<Record<keyof typeof totals | keyof typeof levels | RatioPart, number>>>

/** Something that counts for itself: a connection or an outbox. */
export interface Source {
  readonly counts: Counts
}

/** A source that a meter reads, until `forget`. */
export interface Watch extends Member {
  readonly source: Source
}

export class Meter {
  private readonly context: Context.Context<never>
  private readonly watches = new Crowd<Watch>()
  /** The sum of what sources that are gone have counted. */
  private readonly past: Partial<Record<keyof Counts, number>> = {}

  constructor(context: Context.Context<never>) {
    this.context = context
    for (const [name, metric] of entries(totals)) {
      register(metric, context, () => ({ count: this.sum(name), incremental: true }))
    }
    for (const [name, metric] of entries(levels)) register(metric, context, () => ({ value: this.sum(name) }))
    for (const [way, metric] of entries(ratios)) register(metric, context, () => ({ value: this.ratio(way) }))
  }

  /** Includes the source in the metrics, until `forget`. */
  watch(source: Source): Watch {
    const watch = { source, seat: undefined }
    this.watches.add(watch)
    return watch
  }

  /** The source is gone. Only its totals still count. */
  forget(watch: Watch): void {
    if (!this.watches.remove(watch)) return
    const { counts } = watch.source
    for (let i = 0; i < lasting.length; i++) {
      const count = counts[lasting[i]!] ?? 0
      if (count > 0) this.past[lasting[i]!] = (this.past[lasting[i]!] ?? 0) + count
    }
  }

  roundTrip(nanos: number): void {
    Metrics.roundTripSeconds.updateUnsafe(nanos / 1e9, this.context)
  }

  handshake(nanos: number): void {
    Metrics.handshakeSeconds.updateUnsafe(nanos / 1e9, this.context)
  }

  private sum(name: keyof Counts): number {
    let sum = this.past[name] ?? 0
    for (const { source } of this.watches) sum += source.counts[name] ?? 0
    return sum
  }

  private ratio(way: keyof typeof ratios): number {
    const plain = this.sum(`plainBytes${way}`)
    return plain === 0 ? 1 : this.sum(`compressedBytes${way}`) / plain
  }
}

/** The meter of the fiber's registry and attributes. */
export const current: Effect.Effect<Meter> = Effect.contextWith((context) => Effect.succeed(of(context)))

export const of = (context: Context.Context<never>): Meter => {
  const registry = Context.get(context, Metric.MetricRegistry)
  const attributes = Context.get(context, Metric.CurrentMetricAttributes)
  const known = meters.get(registry) ?? { byKey: new Map<string, Meter>(), byAttributes: new WeakMap<object, Meter>() }
  meters.set(registry, known)
  const last = known.byAttributes.get(attributes)
  if (last !== undefined) return last
  const key = JSON.stringify(Object.entries(attributes).sort())
  const meter = known.byKey.get(key) ?? made(registry, attributes)
  known.byKey.set(key, meter)
  known.byAttributes.set(attributes, meter)
  return meter
}

const made = (registry: Metric.MetricRegistry, attributes: Metric.Metric.AttributeSet): Meter => {
  const own = Context.make(Metric.MetricRegistry, registry)
  return new Meter(Context.add(own, Metric.CurrentMetricAttributes, attributes))
}

/** Found by the registry, since a registry has no place for what fills its series. */
const meters = new WeakMap<Metric.MetricRegistry, Known>()

interface Known {
  /** By the content of the attributes. */
  readonly byKey: Map<string, Meter>
  /** By the attributes object itself, which is faster to find. */
  readonly byAttributes: WeakMap<object, Meter>
}

const entries = <K extends string, V>(record: { readonly [name in K]?: V }) => Object.entries(record) as Array<[K, V]>

const register = <State>(metric: Metric.Metric<number, State>, context: Context.Context<never>, get: () => State) =>
  Metric.registerUnsafe(metric, context, { get, update: () => {}, modify: () => {} })
