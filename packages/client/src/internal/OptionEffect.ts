/**
 * Options that a program may give as an Effect, such as headers with a token that expires. It runs once for each dial, before
 * anything is dialled and before the deadline starts: the program limits itself how long a token may take.
 */
import * as Effect from "effect/Effect"
import { OptionFailed } from "../ConnectError.ts"

/** A value, or an Effect that makes one for each dial. */
export type ValueOrEffect<A, R> = A | Effect.Effect<A, unknown, R>

export const evaluate = <A, R>(option: string, given: ValueOrEffect<A, R>): Effect.Effect<A, OptionFailed, R> =>
  Effect.isEffect(given)
    ? Effect.mapError(given as Effect.Effect<A, unknown, R>, (cause) => new OptionFailed({ option, cause }))
    : Effect.succeed(given)
