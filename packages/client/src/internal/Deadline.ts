/**
 * The deadline of a dial. The dial runs in its own fiber, so that an alarm can interrupt it and nothing else. The calling fiber
 * waits for it.
 */
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type * as Moment from "./Moment.ts"
import type { Place } from "./Place.ts"

/** `settle` turns the end of the dial into the result. `isLate` says whether the deadline interrupted it. */
export const within = <A, E, R, B, F>(
  dial: Effect.Effect<A, E, R>,
  at: Moment.Moment,
  place: Place,
  settle: (exit: Exit.Exit<A, E>, isLate: boolean) => Effect.Effect<B, F>
): Effect.Effect<B, F, R> =>
  Effect.flatMap(Effect.forkChild(dial, { startImmediately: true }), (fiber) => {
    let isLate = false
    let tell: ((exit: Exit.Exit<A, E>) => void) | undefined
    const alarm = {
      at,
      index: undefined,
      ring: () => {
        isLate = true
        fiber.interruptUnsafe()
      }
    }
    const ended = Effect.callback<B, F>((resume) => {
      const exit = fiber.pollUnsafe()
      if (exit !== undefined) return resume(settle(exit, isLate))
      tell = (exit) => resume(settle(exit, isLate))
      return Effect.suspend(() => Fiber.interrupt(fiber))
    })
    if (fiber.pollUnsafe() !== undefined) return ended
    place.attendant.set(alarm)
    // An observer, since the calling fiber may be interrupted before it waits, which ends the dial too.
    fiber.addObserver((exit) => {
      place.attendant.unset(alarm)
      place.attendant.leave(place)
      tell?.(exit)
    })
    const joining = place.attendant.joinNow(place)
    return joining === undefined ? ended : Effect.andThen(joining, ended)
  })
