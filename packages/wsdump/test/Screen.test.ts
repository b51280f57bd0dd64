import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as PlatformError from "effect/PlatformError"
import * as Sink from "effect/Sink"
import * as Stdio from "effect/Stdio"
import { TestClock } from "effect/testing"
import { IoFailed, ReaderLeft } from "../src/Errors.ts"
import type { Style } from "../src/Render.ts"
import * as Screen from "../src/Screen.ts"

const style: Style = { format: "shown", terminal: false, colors: false, full: false, timings: false }

const text = (message: string) => ({ _tag: "Received", message }) as const

/** An output that takes nothing until it is read. */
const slow = Effect.map(Deferred.make<void>(), (read) => {
  const written: Array<string> = []
  const stdout = () =>
    Sink.forEachArray((chunks: ReadonlyArray<string | Uint8Array>) =>
      Effect.map(Deferred.await(read), () => written.push(...chunks.map(String)))
    )
  return { read: Deferred.succeed(read, undefined), written, layer: Stdio.layerTest({ stdout }) }
})

const broken = (code: string) =>
  Stdio.layerTest({
    stdout: () =>
      Sink.fail(
        PlatformError.systemError({
          _tag: "Unknown",
          module: "Stdio",
          method: "stdout",
          cause: Object.assign(new Error(code), { code })
        })
      )
  })

describe("the screen", () => {
  it.effect("holds back who prints when nobody reads, and loses nothing", () =>
    Effect.gen(function* () {
      const { layer, read, written } = yield* slow
      let shown = 0
      const running = yield* Screen.run(style, ({ show }) =>
        Effect.forEach(Array.from({ length: 1000 }), () => Effect.map(show(text("x")), () => shown++), {
          discard: true
        })
      ).pipe(Effect.provide(layer), Effect.forkChild({ startImmediately: true }))
      yield* TestClock.adjust("1 hour")
      assert.isBelow(shown, 40)
      yield* read
      yield* Fiber.join(running)
      assert.strictEqual(written.join(""), "x\n".repeat(1000))
    })
  )

  it.effect("texts that come together are one write", () =>
    Effect.gen(function* () {
      const { layer, read, written } = yield* slow
      yield* read
      yield* Screen.run(style, ({ show }) => show(text("a"), text("b"))).pipe(Effect.provide(layer))
      assert.deepStrictEqual(written, ["a\nb\n"])
    })
  )

  it.effect("an interrupted program waits a second for its reader, and no longer", () =>
    Effect.gen(function* () {
      const { layer } = yield* slow
      const running = yield* Screen.run(style, ({ show }) => Effect.andThen(show(text("a")), Effect.never)).pipe(
        Effect.provide(layer),
        Effect.forkChild({ startImmediately: true })
      )
      const ended = yield* Effect.forkChild(Fiber.interrupt(running), { startImmediately: true })
      yield* TestClock.adjust("999 millis")
      assert.isUndefined(ended.pollUnsafe())
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(ended)
    })
  )

  it.effect("a reader that left ends the program: ReaderLeft; any other failure is told as it is", () =>
    Effect.gen(function* () {
      const fails = (code: string) =>
        Screen.run(style, ({ show }) => Effect.andThen(show(text("a")), Effect.never)).pipe(
          Effect.provide(broken(code)),
          Effect.flip
        )
      assert.instanceOf(yield* fails("EPIPE"), ReaderLeft)
      const failure = yield* fails("EIO")
      assert.instanceOf(failure, IoFailed)
      assert.strictEqual(failure.message, "The output failed: EIO")
    })
  )

  it.effect("who still prints when the reader has left waits for nobody", () =>
    Effect.gen(function* () {
      let shown = 0
      const failure = yield* Screen.run(style, ({ show }) =>
        Effect.andThen(show(text("a")), Effect.never).pipe(
          Effect.onInterrupt(() =>
            Effect.forEach(Array.from({ length: 100 }), () => Effect.map(show(text("x")), () => shown++))
          )
        )
      ).pipe(Effect.provide(broken("EPIPE")), Effect.flip)
      assert.instanceOf(failure, ReaderLeft)
      assert.strictEqual(shown, 100)
    })
  )

  it.effect("what the program fails with is told when all was written", () =>
    Effect.gen(function* () {
      const { layer, read, written } = yield* slow
      yield* read
      const exit = yield* Effect.exit(
        Screen.run(style, ({ show }) => Effect.andThen(show(text("a")), Effect.fail("no"))).pipe(Effect.provide(layer))
      )
      assert.deepStrictEqual(exit, Exit.fail("no"))
      assert.deepStrictEqual(written, ["a\n"])
    })
  )
})
