/**
 * Messages together with their sizes, for those who keep them: what a value of a schema counts as is what its message was
 * before it was decoded, and only `TypedMessages` saw that.
 */
import * as Stream from "effect/Stream"
import type { Messages } from "../Connection.ts"

/** Those of one read, and the size of each. */
export interface Sized<A> {
  readonly values: ReadonlyArray<A>
  readonly sizes: ReadonlyArray<number>
}

type Batches<A, E> = Stream.Stream<Sized<A>, E>

/** All messages from now on. What has no size that anybody knows counts as nothing. */
export const of = <A, RE>({ messages }: Pick<Messages<A, never, RE, unknown, never>, "messages">): Batches<A, RE> =>
  (known.get(messages) as Batches<A, RE> | undefined) ??
  Stream.mapArray(messages, (values) => [{ values, sizes: values.map(sizeOf) }])

/** Says what `of` answers for this stream of messages, whatever object has it: a program may make one of parts of another. */
export const know = <A, RE>(messages: Stream.Stream<A, RE>, batches: Batches<A, RE>): void => {
  known.set(messages, batches)
}

/** In bytes, or UTF-16 units of a text. */
export const sizeOf = (message: unknown): number =>
  typeof message === "string" || message instanceof Uint8Array ? message.length : 0

const known = new WeakMap<object, Batches<unknown, unknown>>()
