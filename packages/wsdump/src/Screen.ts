/**
 * Where what happens is printed, in order. What is printed waits for whoever reads it: where that is slow, so is
 * `show`, and in the end the peer.
 */
import type * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { PlatformError } from "effect/PlatformError"
import * as Predicate from "effect/Predicate"
import * as Queue from "effect/Queue"
import { Stdio } from "effect/Stdio"
import * as Stream from "effect/Stream"
import { ReaderLeft } from "./Errors.ts"
import { type Happened, render, type Style } from "./Render.ts"

export interface Screen {
  readonly show: (...happened: ReadonlyArray<Happened>) => Effect.Effect<void>
  /** Waits for the person at the terminal; nothing where there is none. */
  readonly prompt: Effect.Effect<void>
}

/**
 * Runs a program that prints, and ends when all of it was written. Where the output fails, so does the program:
 * with ReaderLeft if only nobody reads it any more.
 */
export const run = <A, E, R>(
  style: Style,
  prompts: boolean,
  program: (screen: Screen) => Effect.Effect<A, E, R>
): Effect.Effect<A, E | ReaderLeft | PlatformError, R | Stdio> =>
  Effect.gen(function* () {
    const stdio = yield* Stdio
    const began = yield* Clock.currentTimeMillis
    const waiting = yield* Queue.bounded<string | Uint8Array, Cause.Done>(maxWaiting)
    const printing = Stream.fromQueue(waiting).pipe(
      Stream.run(stdio.stdout({ endOnDone: true })),
      Effect.mapError((error) => (isBrokenPipe(error) ? new ReaderLeft() : error))
    )
    const print = (chunks: ReadonlyArray<string | Uint8Array>) => Effect.asVoid(Queue.offerAll(waiting, chunks))
    const screen: Screen = {
      show: (...happened) =>
        Effect.flatMap(Clock.currentTimeMillis, (now) => {
          const rendered = happened.flatMap((one) => render(one, (now - began) / 1000, style) ?? [])
          if (rendered.length === 0) return Effect.void
          return print(prompts ? [eraseLine, ...rendered, promptText] : joined(rendered))
        }),
      prompt: prompts ? print([promptText]) : Effect.void
    }
    const [exit] = yield* Effect.all([Effect.ensuring(Effect.exit(program(screen)), Queue.end(waiting)), printing], {
      concurrency: "unbounded"
    })
    return yield* exit
  })

/** Texts that come together are one write. */
const joined = (rendered: ReadonlyArray<string | Uint8Array>): ReadonlyArray<string | Uint8Array> =>
  rendered.every(Predicate.isString) ? [rendered.join("")] : rendered

const isBrokenPipe = ({ reason }: PlatformError): boolean =>
  "cause" in reason && Predicate.hasProperty(reason.cause, "code") && reason.cause.code === "EPIPE"

/** What waits to be written beyond what the system takes; each is what one read brought. */
const maxWaiting = 16

const eraseLine = "\r\u001b[K"
const promptText = "> "
