/**
 * The floor of any client that is an Effect program: the bare socket belongs to a scope, and a fiber takes what arrives from a
 * Stream. Nothing is parsed, masked or decoded, and nothing is kept for a reader that does not wait.
 */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Pull from "effect/Pull"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Bare } from "./Bare.ts"
import { type Connection, lost, type OpenOptions, type Peer } from "./Peer.ts"

export const peer: Peer = {
  open: (url, options) => run(open(url, options))
}

const run = Effect.runPromiseWith(Context.empty())

type Chunks = readonly [Uint8Array]

class Reading {
  readonly bare: Bare
  private take: ((chunks: Effect.Effect<Chunks, Cause.Done>) => void) | undefined
  private isClosing = false

  constructor(url: string, options: OpenOptions, onOpen: (result: Effect.Effect<Reading, Error>) => void) {
    this.bare = new Bare(url, options, shared, {
      opened: () => onOpen(Effect.succeed(this)),
      refused: (error) => onOpen(Effect.fail(error)),
      arrived: (bytes) => this.give(Effect.succeed([bytes]))
    })
  }

  private give(chunks: Effect.Effect<Chunks, Cause.Done>): void {
    const { take } = this
    this.take = undefined
    if (take !== undefined) take(chunks)
    else if (!this.isClosing) lost("bytes came that nobody waited for")
  }

  get pull(): Pull.Pull<Chunks> {
    return Effect.callback<Chunks, Cause.Done>((resume) => {
      this.take = resume
      return Effect.sync(() => {
        this.take = undefined
      })
    })
  }

  /** Says goodbye, and ends the stream if somebody still reads it. */
  get close(): Effect.Effect<void> {
    return Effect.callback<void>((resume) => {
      this.isClosing = true
      this.bare.close(() => {
        this.take?.(Cause.done())
        resume(Effect.void)
      })
    })
  }
}

/** Whoever takes a chunk is done with it before the next read. */
const shared = new Uint8Array(64 * 1024)

const open = Effect.fnUntraced(function* (url: string, options: OpenOptions) {
  const scope = yield* Scope.make()
  const opened = Effect.callback<Reading, Error>((resume) => {
    const reading = new Reading(url, options, resume)
    return Effect.sync(() => reading.bare.socket.destroy())
  })
  const reading = yield* Scope.provide(
    Effect.acquireRelease(opened, ({ close }) => close, { interruptible: true }),
    scope
  )
  const { bare, pull } = reading
  const consumed = Stream.runForEachArray(Stream.fromPull(Effect.succeed(pull)), ([bytes]) =>
    Effect.sync(() => bare.count(bytes))
  )
  yield* Effect.forkIn(consumed, scope, { startImmediately: true })
  return connection(bare, scope)
})

const connection = (bare: Bare, scope: Scope.Closeable): Connection => ({
  send: (message) => bare.send(message),
  sendMany: () => Promise.reject(new Error("sends as the raw arm does")),
  close: () => Effect.runPromise(Scope.close(scope, Exit.void))
})
