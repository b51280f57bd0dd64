/**
 * Messages together with their sizes, for those who keep them within limits. The size of a decoded value is that of its
 * message, which only `TypedMessages` has seen.
 */
import * as Stream from "effect/Stream"
import type { Messages } from "../Connection.ts"

/** The messages of one read, and the size of each. */
export interface Sized<A> {
  readonly values: ReadonlyArray<A>
  readonly sizes: ReadonlyArray<number>
}

type Batches<A, E> = Stream.Stream<Sized<A>, E>

/** The stream of messages with sizes. A value whose size nobody knows counts as 0. */
export const of = <A, RE>({ messages }: Pick<Messages<A, never, RE, unknown, never>, "messages">): Batches<A, RE> =>
  (known.get(messages) as Batches<A, RE> | undefined) ??
  Stream.mapArray(messages, (values) => [{ values, sizes: values.map(sizeOf) }])

/** Sets what `of` returns for this stream. It is found by the stream itself, since a program may put it into another object. */
export const know = <A, RE>(messages: Stream.Stream<A, RE>, batches: Batches<A, RE>): void => {
  known.set(messages, batches)
}

/** In bytes, or UTF-16 units of a text. */
export const sizeOf = (message: unknown): number =>
  typeof message === "string" || message instanceof Uint8Array ? message.length : 0

const known = new WeakMap<object, Batches<unknown, unknown>>()
