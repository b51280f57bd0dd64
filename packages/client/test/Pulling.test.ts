/** A byte stream that has to be pulled, for a session that wants to be called. */
import { assert, describe, it } from "@effect/vitest"
import { type ByteSink, type ByteStream, Reset, TransportError } from "@effect-websocket/transport"
import type { NonEmptyReadonlyArray } from "effect/Array"
import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import { Pulling } from "../src/internal/Pulling.ts"
import { settle, start } from "./harness.ts"

class Taken implements ByteSink {
  readonly bytes: Array<number> = []
  readonly ends: Array<TransportError | undefined> = []
  private readonly wantsMore: () => boolean

  constructor(wantsMore: () => boolean = () => true) {
    this.wantsMore = wantsMore
  }

  take(chunks: NonEmptyReadonlyArray<Uint8Array>): boolean {
    for (const chunk of chunks) this.bytes.push(...chunk)
    return this.wantsMore()
  }

  ended(failure: TransportError | undefined): void {
    this.ends.push(failure)
  }
}

const pulling = Effect.gen(function* () {
  const source = yield* Queue.unbounded<Uint8Array, TransportError | Cause.Done>()
  const pull: ByteStream["pull"] = Effect.map(Queue.take(source), (chunk) => [chunk])
  const pulling = new Pulling({ pull } as ByteStream)
  yield* start(pulling.run)
  const send = (byte: number) => Effect.andThen(Queue.offer(source, Uint8Array.of(byte)), settle)
  return { pulling, send, source }
})

describe("Pulling", () => {
  it.effect("gives what comes to the sink, and pulls nothing while none wants more", () =>
    Effect.gen(function* () {
      const { pulling: stream, send, source } = yield* pulling
      yield* send(1)
      assert.strictEqual(yield* Queue.size(source), 1)
      const sink = new Taken(() => sink.bytes.length < 2)
      stream.flow(sink)
      yield* send(2)
      yield* send(3)
      assert.deepStrictEqual(sink.bytes, [1, 2])
      assert.strictEqual(yield* Queue.size(source), 1)
      stream.flow(sink)
      yield* settle
      assert.deepStrictEqual(sink.bytes, [1, 2, 3])
    })
  )

  it.effect("a sink may hand over to another while it takes", () =>
    Effect.gen(function* () {
      const { pulling: stream, send } = yield* pulling
      const next = new Taken()
      for (const answer of [false, true]) {
        const first = new Taken(() => {
          stream.flow(next)
          return answer
        })
        stream.flow(first)
        yield* send(1)
        yield* send(2)
        assert.deepStrictEqual(first.bytes, [1])
        assert.deepStrictEqual(next.bytes.splice(0), [2])
      }
    })
  )

  it.effect("tells the clean end, and tells it again to who asks later", () =>
    Effect.gen(function* () {
      const { pulling: stream, source } = yield* pulling
      const [first, later] = [new Taken(), new Taken()]
      stream.flow(first)
      yield* Queue.end(source)
      yield* settle
      assert.deepStrictEqual(first.ends, [undefined])
      stream.flow(later)
      yield* settle
      assert.deepStrictEqual(later.ends, [undefined])
      assert.deepStrictEqual(first.ends, [undefined])
    })
  )

  it.effect("tells a failure once somebody wants more", () =>
    Effect.gen(function* () {
      const { pulling: stream, source } = yield* pulling
      const failure = new TransportError({ reason: new Reset({}) })
      const sink = new Taken(() => false)
      stream.flow(sink)
      yield* Queue.offer(source, Uint8Array.of(1))
      yield* Queue.fail(source, failure)
      yield* settle
      assert.deepStrictEqual(sink.ends, [])
      stream.flow(sink)
      yield* settle
      assert.deepStrictEqual(sink.ends, [failure])
    })
  )
})
