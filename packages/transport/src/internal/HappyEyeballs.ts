/**
 * Happy Eyeballs (RFC 8305): in which order the addresses of a host are tried, and when each attempt begins. The caller says
 * what an attempt is. Time is Effect's Clock.
 */
import * as Net from "node:net"
import { isReadonlyArrayNonEmpty, type NonEmptyReadonlyArray } from "effect/Array"
import * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"

/** Alternates between IPv4 and IPv6 addresses, each in the given order (RFC 8305 §4). */
export const interleave = (
  addresses: NonEmptyReadonlyArray<string>,
  firstFamily?: number
): NonEmptyReadonlyArray<string> => {
  if (addresses.length === 1) return addresses
  const family = firstFamily ?? Net.isIP(addresses[0])
  const first = addresses.filter((address) => Net.isIP(address) === family)
  const second = addresses.filter((address) => Net.isIP(address) !== family)
  const length = Math.max(first.length, second.length)
  const ordered = Array.from({ length }, (_, i) => [...first.slice(i, i + 1), ...second.slice(i, i + 1)]).flat()
  return isReadonlyArrayNonEmpty(ordered) ? ordered : addresses
}

export interface Attempts<A, B, E, R> {
  /** Connects to one candidate. If it is interrupted, `isOvertaken` says whether another candidate was faster. */
  readonly connect: (candidate: A, isOvertaken: () => boolean) => Effect.Effect<B, E, R>
  /** How long after an attempt the next one begins; "sequential": only after it has failed. */
  readonly delay: Duration.Duration | "sequential"
}

/**
 * Tries the candidates in order: each begins `delay` after the one before it, or as soon as that has failed. The first success
 * counts. It ends all other attempts, and what they acquired is released at once. If all fail, returns their failures in the
 * order of the candidates.
 */
export const race = Effect.fnUntraced(function* <A, B, E, R>(
  candidates: NonEmptyReadonlyArray<A>,
  { connect, delay }: Attempts<A, B, E, R | Scope.Scope>
): Effect.fn.Return<B, NonEmptyReadonlyArray<E>, Exclude<R, Scope.Scope> | Scope.Scope> {
  const scope = yield* Effect.scope
  const failures: Array<E> = []
  let isWon = false

  const attempt = (candidate: A) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function* () {
        const own = yield* Scope.fork(scope)
        const exit = yield* Effect.exit(
          restore(
            Scope.provide(
              connect(candidate, () => isWon),
              own
            )
          )
        )
        if (Exit.isSuccess(exit) && !isWon) {
          isWon = true
          return exit.value
        }
        yield* Scope.close(own, exit)
        // A second success does not count: this attempt waits until the end of the race interrupts it.
        return Exit.isSuccess(exit) ? yield* restore(Effect.never) : yield* exit
      })
    )

  const begun = candidates.map(() => Deferred.makeUnsafe<void>())
  const failed = candidates.map(() => Deferred.makeUnsafe<void>())
  const turn = (index: number) => {
    if (index === 0) return Effect.void
    const failure = Deferred.await(failed[index - 1]!)
    if (delay === "sequential") return failure
    return Effect.andThen(Deferred.await(begun[index - 1]!), Effect.raceFirst(Effect.sleep(delay), failure))
  }
  const attempts = candidates.map((candidate, index) =>
    turn(index).pipe(
      Effect.andThen(Deferred.succeed(begun[index]!, undefined)),
      Effect.andThen(attempt(candidate)),
      Effect.tapError((error) => {
        failures[index] = error
        return Deferred.succeed(failed[index]!, undefined)
      })
    )
  )
  return yield* Effect.catch(Effect.raceAll(attempts), (error) =>
    Effect.fail(isReadonlyArrayNonEmpty(failures) ? failures : ([error] as const))
  )
})
