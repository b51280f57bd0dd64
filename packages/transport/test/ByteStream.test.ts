/** The contract of `ByteStream`, one table, over every kind of stream there is. */
import { assert, describe, it } from "@effect/vitest"
import { type ByteStream, Transport, wrapStream } from "@effect-websocket/transport"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import { memory } from "./pairs/memory.ts"
import { type Kind, type Pair, pattern, pullBytes } from "./pairs/Pair.ts"
import { duplex, effectSocket, tcp } from "./pairs/tcp.ts"
import { tls } from "./pairs/tls.ts"
import { tunnel } from "./pairs/tunnel.ts"
import { unix } from "./pairs/unix.ts"

const kinds: ReadonlyArray<Kind> = [
  memory,
  tcp("TCP", Transport.layer),
  tls("TLS", Transport.layer),
  unix("a unix socket", false),
  unix("TLS over a unix socket", true),
  tunnel("a tunnel through a proxy", false),
  tunnel("a tunnel through a proxy that speaks TLS", true),
  tcp("a socket of the program's own", duplex),
  tls("TLS over a socket of the program's own", duplex),
  tcp("effect/socket", effectSocket),
  tls("TLS over effect/socket", effectSocket)
]

const contract: Record<string, (pair: Pair, scope: Scope.Closeable) => Effect.Effect<void, unknown, Scope.Scope>> = {
  "pull gives what the other end sends, in order": ({ other, stream }) =>
    Effect.gen(function* () {
      yield* other.send(bytes("48656c"))
      yield* other.send(bytes("6c6f"))
      assert.deepStrictEqual(yield* pullBytes(stream.pull, 5), bytes("48656c6c6f"))
    }),

  "pull waits until there is something": ({ other, stream }) =>
    Effect.gen(function* () {
      const pulling = yield* Effect.forkChild(stream.pull, { startImmediately: true })
      assert.isUndefined(pulling.pollUnsafe())
      yield* other.send(bytes("01"))
      const chunks = yield* Fiber.join(pulling)
      assert.deepStrictEqual(chunks.map(plain), [bytes("01")])
    }),

  "an interrupted pull loses no bytes": ({ other, stream }) =>
    Effect.gen(function* () {
      const pulling = yield* Effect.forkChild(stream.pull, { startImmediately: true })
      yield* Fiber.interrupt(pulling)
      yield* other.send(bytes("0102"))
      assert.deepStrictEqual(yield* pullBytes(stream.pull, 2), bytes("0102"))
    }),

  "pull ends with Done after the last byte, and again; the write side stays open": ({ other, stream }) =>
    Effect.gen(function* () {
      yield* other.send(bytes("01"))
      yield* other.end
      assert.deepStrictEqual(yield* pullBytes(stream.pull, 1), bytes("01"))
      assert.isTrue(Cause.isDone(yield* Effect.flip(stream.pull)))
      assert.isTrue(Cause.isDone(yield* Effect.flip(stream.pull)))
      stream.writeUnsafe([bytes("02")])
      assert.deepStrictEqual(yield* other.received(1), bytes("02"))
    }),

  "a pending pull sees the end": ({ other, stream }) =>
    Effect.gen(function* () {
      const pulling = yield* Effect.forkChild(Effect.flip(stream.pull), { startImmediately: true })
      yield* other.end
      assert.isTrue(Cause.isDone(yield* Fiber.join(pulling)))
    }),

  "after a reset everything fails with it and writing never throws": ({ other, stream }) =>
    Effect.gen(function* () {
      yield* other.send(bytes("01"))
      yield* pullBytes(stream.pull, 1)
      yield* other.reset
      const failures: ReadonlyArray<Effect.Effect<unknown, unknown>> = [
        stream.pull,
        stream.pull,
        stream.drained,
        stream.flushed,
        stream.shutdown
      ]
      for (const failing of failures) assert.strictEqual(reasonOf(yield* Effect.flip(failing)), "Reset")
      assert.isFalse(stream.writeUnsafe([bytes("02")]))
      assert.isFalse(stream.writeUnsafe([bytes("02"), bytes("03")]))
      assert.strictEqual(stream.unflushedBytes(), 0)
    }),

  "chunks of one write arrive together and in order": ({ other, stream }) =>
    Effect.gen(function* () {
      stream.writeUnsafe([bytes("01"), bytes("0203"), bytes("04")])
      stream.writeUnsafe([bytes("05")])
      yield* stream.flushed
      assert.deepStrictEqual(yield* other.received(5), bytes("0102030405"))
    }),

  "a stalled peer: writes answer false, drained and flushed wait, unflushedBytes stays": ({ other, stream }) =>
    Effect.gen(function* () {
      yield* other.stall
      const sent = fill(stream)
      const drained = yield* Effect.forkChild(stream.drained, { startImmediately: true })
      const flushed = yield* Effect.forkChild(stream.flushed, { startImmediately: true })
      assert.isAbove(stream.unflushedBytes(), 0)
      assert.isUndefined(drained.pollUnsafe())
      assert.isUndefined(flushed.pollUnsafe())
      yield* other.resume
      yield* Fiber.join(drained)
      yield* Fiber.join(flushed)
      assert.strictEqual(stream.unflushedBytes(), 0)
      assertSame(yield* other.received(sent.length), sent)
    }),

  "unflushedBytes falls while one large write makes progress": ({ other, stream }) =>
    Effect.gen(function* () {
      yield* other.stall
      const large = fill(stream)
      yield* other.admit(1)
      const before = stream.unflushedBytes()
      assert.isAbove(before, 4 * 1024 * 1024)
      yield* other.admit(8 * 1024 * 1024)
      assert.isBelow(stream.unflushedBytes(), before)
      assert.isAbove(stream.unflushedBytes(), 0)
      yield* other.resume
      yield* stream.flushed
      assertSame(yield* other.received(large.length), large)
    }),

  "a wait that is interrupted leaves the others waiting": ({ other, stream }) =>
    Effect.gen(function* () {
      yield* other.stall
      fill(stream)
      const first = yield* Effect.forkChild(stream.drained, { startImmediately: true })
      const second = yield* Effect.forkChild(stream.drained, { startImmediately: true })
      const flushed = yield* Effect.forkChild(stream.flushed, { startImmediately: true })
      yield* Fiber.interrupt(first)
      yield* Fiber.interrupt(flushed)
      yield* other.resume
      yield* Fiber.join(second)
      yield* stream.flushed
    }),

  "waiting writers fail when the connection breaks": ({ other, stream }) =>
    Effect.gen(function* () {
      yield* other.stall
      fill(stream)
      const drained = yield* Effect.forkChild(Effect.flip(stream.drained), { startImmediately: true })
      const flushed = yield* Effect.forkChild(Effect.flip(stream.flushed), { startImmediately: true })
      yield* other.reset
      assert.strictEqual(reasonOf(yield* Fiber.join(drained)), "Reset")
      assert.strictEqual(reasonOf(yield* Fiber.join(flushed)), "Reset")
    }),

  "shutdown: the peer sees the end after the bytes, and may still send": ({ other, stream }) =>
    Effect.gen(function* () {
      stream.writeUnsafe([bytes("01")])
      yield* stream.shutdown
      yield* stream.shutdown
      yield* other.ended
      assert.deepStrictEqual(yield* other.received(1), bytes("01"))
      assert.isFalse(stream.writeUnsafe([bytes("02")]))
      yield* stream.flushed
      yield* other.send(bytes("03"))
      assert.deepStrictEqual(yield* pullBytes(stream.pull, 1), bytes("03"))
      yield* other.end
      assert.isTrue(Cause.isDone(yield* Effect.flip(stream.pull)))
      assert.deepStrictEqual(yield* other.received(1), bytes("01"))
    }),

  "shutdownUnsafe starts the same, also where it is repeated": ({ other, stream }) =>
    Effect.gen(function* () {
      if (stream.shutdownUnsafe === undefined) return
      stream.writeUnsafe([bytes("01")])
      stream.shutdownUnsafe()
      stream.shutdownUnsafe()
      assert.isFalse(stream.writeUnsafe([bytes("02")]))
      yield* stream.shutdown
      assert.deepStrictEqual(yield* other.received(1), bytes("01"))
      yield* other.ended
      yield* other.send(bytes("03"))
      assert.deepStrictEqual(yield* pullBytes(stream.pull, 1), bytes("03"))
    }),

  "a reset after our shutdown is a failure of pull, not of the process": ({ other, stream }) =>
    Effect.gen(function* () {
      yield* stream.shutdown
      yield* other.ended
      yield* other.reset
      assert.strictEqual(reasonOf(yield* Effect.flip(stream.pull)), "Reset")
    }),

  "shutdown behind a stalled peer waits for the bytes before it": ({ other, stream }) =>
    Effect.gen(function* () {
      yield* other.stall
      const sent = fill(stream)
      const shutdown = yield* Effect.forkChild(stream.shutdown, { startImmediately: true })
      assert.isUndefined(shutdown.pollUnsafe())
      yield* other.resume
      yield* Fiber.join(shutdown)
      yield* other.ended
      assertSame(yield* other.received(sent.length), sent)
    }),

  "closing the scope destroys at once; nothing hangs and nothing throws": ({ other, stream }, scope) =>
    Effect.gen(function* () {
      yield* other.stall
      fill(stream)
      const waiting: ReadonlyArray<Effect.Effect<unknown, unknown>> = [
        stream.pull,
        stream.drained,
        stream.flushed,
        stream.shutdown
      ]
      const fibers = []
      for (const effect of waiting) {
        fibers.push(yield* Effect.forkChild(Effect.flip(effect), { startImmediately: true }))
      }
      yield* Scope.close(scope, Exit.void)
      for (const fiber of fibers) assert.strictEqual(reasonOf(yield* Fiber.join(fiber)), "Reset")
      for (const effect of waiting) assert.strictEqual(reasonOf(yield* Effect.flip(effect)), "Reset")
      assert.isFalse(stream.writeUnsafe([bytes("01")]))
      assert.strictEqual(stream.unflushedBytes(), 0)
      yield* other.resume
      yield* other.closed
    }),

  "closing the scope with unread bytes": ({ other, stream }, scope) =>
    Effect.gen(function* () {
      yield* other.send(pattern(0x20000))
      yield* stream.pull
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual(reasonOf(yield* Effect.flip(stream.pull)), "Reset")
      yield* other.closed
    }),

  "info stays what it was, also through a wrapped stream": ({ stream }, scope) =>
    Effect.gen(function* () {
      const wrapped = wrapStream(stream, {})
      const { info } = wrapped
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual(stream.info, info)
      assert.strictEqual(wrapped.info, info)
      const replaced = { local: undefined, remote: undefined, tls: undefined }
      assert.strictEqual(wrapStream(stream, { info: replaced }).info, replaced)
    }),

  "a mebibyte each way at the same time": ({ other, stream }) =>
    Effect.gen(function* () {
      const [there, back] = [pattern(0x100000, 7), pattern(0x100000, 9)]
      const writing = Effect.gen(function* () {
        for (let i = 0; i < there.length; i += 5000) {
          if (!stream.writeUnsafe([there.subarray(i, i + 2000), there.subarray(i + 2000, i + 5000)]))
            yield* stream.drained
        }
        yield* stream.flushed
        return yield* other.received(there.length)
      })
      const sending = Effect.gen(function* () {
        for (let i = 0; i < back.length; i += 70000) yield* other.send(back.subarray(i, i + 70000))
      })
      const reading = pullBytes(stream.pull, back.length)
      const [arrived, , pulled] = yield* Effect.all([writing, sending, reading], { concurrency: "unbounded" })
      assertSame(arrived, there)
      assertSame(pulled, back)
    })
}

for (const kind of kinds) {
  describe(kind.name, () => {
    for (const [name, run] of Object.entries(contract)) {
      if (kind.resets === false && /reset|breaks/.test(name)) continue
      it.live(name, () =>
        Effect.gen(function* () {
          const scope = yield* Effect.acquireRelease(Scope.make(), (scope) => Scope.close(scope, Exit.void))
          const pair = yield* kind.open(scope)
          yield* run(pair, scope)
        })
      )
    }
  })
}

/** One write, larger than what a kernel buffers for a peer that does not read. */
const fill = (stream: ByteStream): Uint8Array => {
  const large = pattern(16 * 1024 * 1024)
  assert.isFalse(stream.writeUnsafe([large]))
  return large
}

/** As deepStrictEqual, but fast for megabytes. */
const assertSame = (actual: Uint8Array, expected: Uint8Array) => assert.isTrue(Buffer.from(actual).equals(expected))

const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, "hex"))
const plain = (chunk: Uint8Array): Uint8Array => new Uint8Array(chunk)

const reasonOf = (error: unknown): string =>
  typeof error === "object" && error !== null && "reason" in error
    ? (error.reason as { _tag: string })._tag
    : String(error)
