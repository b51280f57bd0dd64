/**
 * Where what happens is printed, in order. What is printed waits for whoever reads it: where that is slow, so is
 * `show`, and in the end the peer.
 */
import type * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type { PlatformError } from "effect/PlatformError"
import * as Predicate from "effect/Predicate"
import * as Queue from "effect/Queue"
import { Stdio } from "effect/Stdio"
import * as Stream from "effect/Stream"
import { IoFailed, ReaderLeft } from "./Errors.ts"
import { type Happened, render, type Style } from "./Render.ts"

export interface Screen {
  readonly show: (...happened: ReadonlyArray<Happened>) => Effect.Effect<void>
}

/**
 * Runs a program that prints, and ends when all of it was written; one that was interrupted does not wait long for that.
 * Where the output fails, so does the program: with ReaderLeft if only nobody reads it any more.
 */
export const run = Effect.fnUntraced(function* <A, E, R>(
  style: Style,
  program: (screen: Screen) => Effect.Effect<A, E, R>
) {
  const stdio = yield* Stdio
  const began = yield* Clock.currentTimeMillis
  const waiting = yield* Queue.bounded<string | Uint8Array, Cause.Done>(maxWaiting)
  const screen: Screen = {
    show: (...happened) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        const rendered = happened.flatMap((one) => render(one, (now - began) / 1000, style) ?? [])
        return rendered.length === 0 ? Effect.void : Effect.asVoid(Queue.offerAll(waiting, joined(rendered)))
      })
  }
  const printing = Stream.fromQueue(waiting).pipe(
    Stream.run(stdio.stdout({ endOnDone: true })),
    Effect.mapError((error) => (isBrokenPipe(error) ? new ReaderLeft() : IoFailed.of("output", error))),
    // Whoever still prints would wait for ever.
    Effect.onError(() => Queue.shutdown(waiting))
  )
  return yield* Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      const printer = yield* Effect.forkChild(printing, { startImmediately: true })
      const written = Fiber.join(printer)
      const exit = yield* Effect.exit(
        restore(Effect.raceFirst(program(screen), Effect.andThen(written, Effect.never)))
      ).pipe(Effect.ensuring(Queue.end(waiting)))
      yield* restore(written).pipe(Effect.onInterrupt(() => Effect.ignore(Effect.timeoutOption(written, lastWords))))
      return yield* exit
    })
  )
})

/** Texts that come together are one write. */
const joined = (rendered: ReadonlyArray<string | Uint8Array>): ReadonlyArray<string | Uint8Array> =>
  rendered.every(Predicate.isString) ? [rendered.join("")] : rendered

const isBrokenPipe = ({ reason }: PlatformError): boolean =>
  Predicate.hasProperty(reason.cause, "code") && reason.cause.code === "EPIPE"

/** What waits to be written beyond what the system takes; each is what one read brought. */
export const maxWaiting = 16

/** How long the reader of the output may take for the rest when the program was interrupted. */
const lastWords = Duration.seconds(1)
