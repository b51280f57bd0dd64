/** What a socket of effect/socket may say, and what a byte stream makes of it. */
import { assert, describe, it } from "@effect/vitest"
import { type DialStep, Transport, TransportError, type TransportReason } from "@effect-websocket/transport"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import * as Socket from "effect/socket/Socket"

describe("opening", () => {
  for (const [what, cause, expected] of [
    ["a timeout", "Timeout", { _tag: "TimedOut", stage: "socket" }],
    ["a refusal", "ECONNREFUSED", { _tag: "Refused", address: "ws.test:80" }],
    ["a reset", "ECONNRESET", { _tag: "Reset", code: "ECONNRESET" }],
    ["TCP giving up", "ETIMEDOUT", { _tag: "TimedOut", stage: "socket" }],
    ["no route", "EHOSTUNREACH", { _tag: "Unreachable", address: "ws.test:80", code: "EHOSTUNREACH" }],
    ["a bad certificate, when it speaks TLS", "CERT_HAS_EXPIRED", { _tag: "TlsFailed", problem: "expired" }],
    ["no such name", "ENOTFOUND", { _tag: "HostNotFound", host: "ws.test", code: "ENOTFOUND" }],
    ["something without a code", undefined, { _tag: "Unreachable", address: "ws.test:80", code: "unknown" }]
  ] as const) {
    it.effect(`fails with ${what}`, () =>
      Effect.gen(function* () {
        const error = new Socket.SocketError({
          reason: new Socket.SocketOpenError({
            kind: cause === "Timeout" ? cause : "Unknown",
            cause: Object.assign(new Error("no"), cause === undefined ? {} : { code: cause })
          })
        })
        const steps: Array<DialStep> = []
        for (const source of [Effect.fail(error), fake({ reader: Effect.fail(error) })]) {
          const { reason } = yield* Effect.flip(open(source, steps))
          assert.deepInclude(reason, expected)
          assert.deepStrictEqual(steps.splice(0), [
            { _tag: "Started", stage: "socket", detail: "ws.test:80" },
            { _tag: "Ended", stage: "socket", detail: "ws.test:80", failure: reason }
          ])
        }
      })
    )
  }
})

describe("reading", () => {
  it.effect("text frames are bytes, empty ones are nothing", () =>
    Effect.gen(function* () {
      const stream = yield* open(fake({ pulls: [["", "a"], [""], [Uint8Array.of(1), "", Uint8Array.of(2)]] }))
      assert.deepStrictEqual(yield* stream.pull, [Uint8Array.of(0x61)])
      assert.deepStrictEqual(yield* stream.pull, [Uint8Array.of(1), Uint8Array.of(2)])
    })
  )

  it.effect("close code 1000 is a clean end", () =>
    Effect.gen(function* () {
      const stream = yield* open(fake({ end: new Socket.SocketCloseError({ code: 1000 }) }))
      for (let i = 0; i < 2; i++) assert.isTrue(Cause.isDone(yield* Effect.flip(stream.pull)))
    })
  )

  const cause = Object.assign(new Error("broken"), { code: "EPIPE" })
  for (const [what, end, code] of [
    ["any other close code", new Socket.SocketCloseError({ code: 1006 }), "closed with 1006"],
    ["a failed read", new Socket.SocketReadError({ cause }), "EPIPE"]
  ] as const) {
    it.effect(`${what} breaks the stream for writers too`, () =>
      Effect.gen(function* () {
        const stream = yield* open(fake({ end }))
        const failing = [Effect.asVoid(stream.pull), Effect.asVoid(stream.pull), stream.flushed, stream.shutdown]
        for (const effect of failing) assert.deepInclude(reasonOf(yield* Effect.flip(effect)), { _tag: "Reset", code })
        assert.isFalse(stream.writeUnsafe([Uint8Array.of(1)]))
      })
    )
  }
})

describe("writing", () => {
  it.effect("a large write goes in pieces, in order; the writer's scope is closed to half-close", () =>
    Effect.gen(function* () {
      const log: Array<number | "closed"> = []
      const stream = yield* open(
        fake({ onWrite: (frames) => Effect.sync(() => log.push(sizeOf(frames))), onClose: () => log.push("closed") })
      )
      stream.writeUnsafe([new Uint8Array(0x18000), new Uint8Array(3)])
      yield* stream.shutdown
      assert.deepStrictEqual(log, [0x10000, 0x8003, "closed"])
      assert.strictEqual(stream.unflushedBytes(), 0)
    })
  )

  it.effect("what was flushed may change, though the socket still looks at it", () =>
    Effect.gen(function* () {
      const written: Array<Frame> = []
      const stream = yield* open(fake({ onWrite: (frames) => Effect.sync(() => written.push(...frames)) }))
      const chunk = Uint8Array.of(1, 2)
      stream.writeUnsafe([chunk])
      yield* stream.flushed
      chunk.fill(0)
      assert.deepStrictEqual(written, [Uint8Array.of(1, 2)])
    })
  )

  it.effect("a failed write breaks the stream", () =>
    Effect.gen(function* () {
      const cause = Object.assign(new Error("broken"), { code: "EPIPE" })
      const reason = new Socket.SocketWriteError({ cause })
      const stream = yield* open(fake({ onWrite: () => Effect.fail(new Socket.SocketError({ reason })) }))
      stream.writeUnsafe([Uint8Array.of(1)])
      for (const effect of [stream.flushed, Effect.asVoid(stream.pull)]) {
        assert.deepInclude(reasonOf(yield* Effect.flip(effect)), { _tag: "Reset", code: "EPIPE" })
      }
    })
  )

  it.effect("a failed write ends a pull that waits", () =>
    Effect.gen(function* () {
      const cause = Object.assign(new Error("broken"), { code: "EPIPE" })
      const error = new Socket.SocketError({ reason: new Socket.SocketWriteError({ cause }) })
      const stream = yield* open(fake({ onWrite: () => Effect.fail(error) }))
      const pulling = yield* Effect.forkChild(Effect.flip(stream.pull), { startImmediately: true })
      stream.writeUnsafe([Uint8Array.of(1)])
      for (const effect of [Fiber.join(pulling), Effect.flip(stream.pull)]) {
        assert.deepInclude(reasonOf(yield* effect), { _tag: "Reset", code: "EPIPE" })
      }
    })
  )

  it.effect("what is at hand when a write fails is read before that", () =>
    Effect.gen(function* () {
      const error = new Socket.SocketError({ reason: new Socket.SocketWriteError({ cause: new Error("broken") }) })
      const stream = yield* open(fake({ onWrite: () => Effect.fail(error), pulls: [["a"], ["b"]] }))
      stream.writeUnsafe([Uint8Array.of(1)])
      assert.deepStrictEqual(yield* stream.pull, [Uint8Array.of(0x61)])
      assert.deepStrictEqual(yield* stream.pull, [Uint8Array.of(0x62)])
      for (let i = 0; i < 2; i++) assert.deepInclude(reasonOf(yield* Effect.flip(stream.pull)), { _tag: "Reset" })
    })
  )

  it.effect("a writer that dies fails writes, and a pull dies of the same", () =>
    Effect.gen(function* () {
      const stream = yield* open(fake({ onWrite: () => Effect.die("a mistake of the writer") }))
      const pulling = yield* Effect.forkChild(Effect.exit(stream.pull), { startImmediately: true })
      stream.writeUnsafe([Uint8Array.of(1)])
      assert.deepInclude(reasonOf(yield* Effect.flip(stream.flushed)), { _tag: "Reset" })
      assert.deepInclude(reasonOf(yield* Effect.flip(stream.drained)), { _tag: "Reset" })
      assert.deepStrictEqual(yield* Fiber.join(pulling), Exit.die("a mistake of the writer"))
    })
  )

  it.effect("a writer that is interrupted breaks the stream", () =>
    Effect.gen(function* () {
      const stream = yield* open(fake({ onWrite: () => Effect.interrupt }))
      const pulling = yield* Effect.forkChild(Effect.flip(stream.pull), { startImmediately: true })
      stream.writeUnsafe([Uint8Array.of(1)])
      for (const effect of [Effect.flip(stream.flushed), Fiber.join(pulling)]) {
        assert.deepInclude(reasonOf(yield* effect), { _tag: "Reset", code: "write interrupted" })
      }
    })
  )

  it.effect("a writer that dies as the stream is shut down does not leave who waits for that", () =>
    Effect.gen(function* () {
      const onClose = () => {
        throw new Error("a mistake of the writer")
      }
      const stream = yield* open(fake({ onClose }))
      assert.isTrue(Exit.isFailure(yield* Effect.exit(stream.shutdown)))
    })
  )

  it.effect("a closed scope ends a pull and a write that wait", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const stream = yield* Scope.provide(open(fake({ onWrite: () => Effect.never })), scope)
      stream.writeUnsafe([Uint8Array.of(1)])
      const waiting: Array<Effect.Effect<unknown, unknown>> = [stream.pull, stream.flushed]
      const failing = yield* Effect.forkChild(
        Effect.forEach(waiting, (effect) => Effect.flip(effect), { concurrency: "unbounded" }),
        { startImmediately: true }
      )
      yield* Scope.close(scope, Exit.void)
      for (const error of yield* Fiber.join(failing)) assert.notProperty(reasonOf(error), "code")
    })
  )

  it.effect("a closed scope is a Reset without a code, also after a failure", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const stream = yield* Scope.provide(open(fake({ end: new Socket.SocketCloseError({ code: 1006 }) })), scope)
      yield* Effect.flip(stream.pull)
      yield* Scope.close(scope, Exit.void)
      const reason = reasonOf(yield* Effect.flip(stream.pull))
      assert.deepInclude(reason, { _tag: "Reset" })
      assert.notProperty(reason, "code")
    })
  )
})

type Frame = Uint8Array | string

const sizeOf = (frames: ReadonlyArray<Frame>): number => frames.reduce((sum, frame) => sum + frame.length, 0)

/** A socket that reads these batches and then ends like this, and tells what is written to it. */
const fake = (options: {
  readonly reader?: Socket.Socket["reader"]
  readonly pulls?: ReadonlyArray<readonly [Frame, ...Array<Frame>]>
  readonly end?: Socket.SocketErrorReason
  readonly onWrite?: (frames: ReadonlyArray<Frame>) => Effect.Effect<unknown, Socket.SocketError>
  readonly onClose?: () => void
}): Socket.Socket => {
  const pulls = [...(options.pulls ?? [])]
  const end = options.end === undefined ? Effect.never : Effect.fail(new Socket.SocketError({ reason: options.end }))
  const writeAll = (frames: ReadonlyArray<Frame>) => Effect.asVoid((options.onWrite ?? (() => Effect.void))(frames))
  return Socket.make({
    reader:
      options.reader ??
      Effect.succeed({
        pull: Effect.suspend((): Effect.Effect<readonly [Frame, ...Array<Frame>], Socket.SocketError> => {
          const next = pulls.shift()
          return next === undefined ? end : Effect.succeed(next)
        }),
        upgrade: Socket.SocketUpgradeError.unsupported
      }),
    writer: Effect.acquireRelease(Effect.succeed({ write: () => Effect.void, writeAll }), () =>
      Effect.sync(() => options.onClose?.())
    )
  })
}

type Source = ReturnType<Parameters<typeof Transport.layerSocket>[0]>

const open = (source: Source, steps: Array<DialStep> = []) =>
  Transport.use((transport) => transport.open({ host: "ws.test", port: 80, report: (step) => steps.push(step) })).pipe(
    Effect.provide(Transport.layerSocket(() => source))
  )

const reasonOf = (error: unknown): TransportReason => {
  assert.instanceOf(error, TransportError)
  return error.reason
}
