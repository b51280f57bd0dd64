/**
 * After more than 1,000 connections, begun and ended in every way, nothing is left: no socket, timer or fiber, no
 * listener on a stream, and no heap that grows with their number.
 */
import { Socket } from "node:net"
import type { Duplex } from "node:stream"
import { TLSSocket } from "node:tls"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { assert, describe, it } from "@effect/vitest"
import { Transport } from "@effect-websocket/transport"
import * as Console from "effect/Console"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import { ways } from "./ways.ts"

describe("soak", () => {
  it.live("after 1,000 connects and closes, normal, interrupted and failed, nothing is left", () =>
    Effect.gen(function* () {
      const fibers = { started: 0, active: 0 }
      const counting: Metric.FiberRuntimeMetricsService = {
        recordFiberStart: () => {
          fibers.started++
          fibers.active++
        },
        recordFiberEnd: () => fibers.active--
      }
      const resources = yield* settled
      const [took, report] = yield* Effect.timed(
        Effect.scoped(soak).pipe(Effect.provideService(Metric.FiberRuntimeMetrics, counting))
      )
      const left = yield* settled

      yield* Console.log(
        [
          `${report.connects} connects in ${report.ways} ways, ${Duration.toSeconds(took).toFixed(1)} s`,
          `heap: ${report.heaps.map(mebibytes).join(", ")}`,
          `fibers: ${fibers.started} started, ${fibers.active} left`,
          `listeners: ${report.streams} streams looked at, ${report.listeners.length} with listeners left`,
          `resources: ${JSON.stringify(resources)} before, ${JSON.stringify(left)} after`
        ].join("\n")
      )
      assert.isAtLeast(report.connects, 1_000)
      assert.strictEqual(fibers.active, 0)
      assert.deepStrictEqual(report.listeners, [])
      assert.isAtMost(medianGrowth(report.heaps) * stretches, heapGrowth)
      for (const [name, count] of Object.entries(left)) assert.isAtMost(count, resources[name] ?? 0, name)
    })
  )
})

/** All ways at once, again and again; what the first rounds leave in caches is not counted. */
const soak = Effect.gen(function* () {
  const table = yield* ways
  const streams = new Set<Duplex>()
  const listeners: Array<string> = []
  let looked = 0
  const round = Effect.gen(function* () {
    yield* Effect.forEach(
      Object.entries(table),
      ([name, way]) =>
        Effect.mapError(way, (error) => new Error(`The way "${name}" ended otherwise`, { cause: error })),
      { concurrency: "unbounded", discard: true }
    )
    yield* turnsOfTheEventLoop(3)
    looked += streams.size
    for (const stream of streams) {
      const untouched = stream instanceof TLSSocket ? new TLSSocket(new Socket()) : new Socket()
      for (const event of events) {
        if (stream.listenerCount(event) > untouched.listenerCount(event)) listeners.push(event)
      }
    }
    streams.clear()
  }).pipe(Effect.provide(watched(streams)))

  yield* Effect.repeat(round, { times: warmUp - 1 })
  const heaps = [heapUsed()]
  for (let i = 0; i < stretches; i++) {
    yield* Effect.repeat(round, { times: rounds / stretches - 1 })
    heaps.push(heapUsed())
  }
  const count = Object.keys(table).length
  return { connects: count * (warmUp + rounds), ways: count, heaps, streams: looked, listeners }
})

/** Node's transport, which tells what it opened. */
const watched = (streams: Set<Duplex>): Layer.Layer<Transport> =>
  Layer.effect(
    Transport,
    Effect.map(Transport, ({ open }) => ({
      open: (target) =>
        Effect.map(open(target), (stream) => {
          streams.add((stream as unknown as { readonly duplex: Duplex }).duplex)
          return stream
        })
    }))
  ).pipe(Layer.provide(Transport.layer))

const turnsOfTheEventLoop = (turns: number) =>
  Effect.repeat(
    Effect.callback<void>((resume) => {
      setImmediate(() => resume(Effect.void))
    }),
    { times: turns - 1 }
  )

/** What keeps the process alive, counted by kind, once destroyed sockets are gone. Immediates belong to the waiting. */
const settled = Effect.map(turnsOfTheEventLoop(5), () => {
  const counts: Record<string, number> = {}
  for (const name of process.getActiveResourcesInfo().sort()) {
    if (name !== "Immediate") counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
})

/** After a full collection. */
const heapUsed = (): number => {
  setFlagsFromString("--expose-gc")
  const collect: () => void = runInNewContext("gc")
  collect()
  collect()
  return process.memoryUsage().heapUsed
}

/** A leak shows in every stretch; what V8 takes once, for code or statistics, in one. */
const medianGrowth = (heaps: ReadonlyArray<number>): number => {
  const growths = heaps.slice(1).map((heap, i) => heap - heaps[i]!)
  return growths.sort((a, b) => a - b)[stretches >> 1]!
}

const mebibytes = (bytes: number) => `${(bytes / 0x100000).toFixed(2)} MiB`

/** Those that this library listens to. Node's own listeners, which a socket has from the beginning, stay. */
const events = ["readable", "data", "drain", "finish", "error", "close", "connect", "secureConnect"]

const warmUp = 50
const rounds = 50
const stretches = 5

/** In all rounds: 1 KiB for each connection would be a leak. */
const heapGrowth = 0x100000
