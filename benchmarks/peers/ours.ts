/**
 * Our client, through its public interface only: `messages` by the array or one at a time, each `send` awaited in a loop, the
 * closing handshake by leaving the scope.
 */
import { type Connection as Open, WebSocket } from "@effect-websocket/client"
import { Transport } from "@effect-websocket/transport"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Message } from "../Payloads.ts"
import { BATCH, type Connection, FIBERS, lost, type OpenOptions, type Peer, type SendMode } from "./Peer.ts"

/** Run as within one program: a runtime that keeps account of every fiber is no part of a client. */
const run = Effect.runPromiseWith(await ManagedRuntime.make(Transport.layer).context())

export const peer: Peer = {
  open: (url, options) => run(open(url, options))
}

const open = Effect.fnUntraced(function* (url: string, options: OpenOptions) {
  const scope = yield* Scope.make()
  const connected = yield* Scope.provide(
    WebSocket.connect(url, {
      limits: { maxMessageBytes: "unlimited" },
      ...(!options.deflate && { compression: false }),
      ...(options.ca === undefined ? {} : { tls: { ca: options.ca } })
    }),
    scope
  )
  const consumed = consume[options.lane](connected, options.sink.message)
  yield* Effect.forkIn(
    Effect.catch(consumed, (error) => Effect.sync(() => lost(error))),
    scope
  )
  return connection(connected, scope)
})

type Deliver = OpenOptions["sink"]["message"]

const consume = {
  array: ({ messages, sendAll }: Open, deliver: Deliver) =>
    Stream.runForEachArray(messages, (array) => {
      const replies: Array<Message> = []
      for (const message of array) {
        const reply = deliver(message)
        if (reply !== undefined) replies.push(reply)
      }
      return replies.length > 0 ? sendAll(replies) : Effect.void
    }),

  each: ({ messages, send }: Open, deliver: Deliver) =>
    Stream.runForEach(messages, (message) => {
      const reply = deliver(message)
      return reply === undefined ? Effect.void : send(reply)
    })
}

const connection = (open: Open, scope: Scope.Closeable): Connection => ({
  send: (message) => Effect.runFork(open.send(message)),
  sendMany: (series, count, mode) => Effect.runPromise(sendMany[mode](open, series, count)),
  close: () => Effect.runPromise(Scope.close(scope, Exit.void))
})

const loop = Effect.fnUntraced(function* ({ send }: Open, series: ReadonlyArray<Message>, count: number) {
  for (let index = 0; index < count; index++) yield* send(series[index % series.length]!)
})

const sendMany: Record<SendMode, typeof loop> = {
  awaited: loop,

  batched: Effect.fnUntraced(function* ({ sendAll }, series, count) {
    for (let sent = 0; sent < count; sent += BATCH) {
      yield* sendAll(Array.from({ length: BATCH }, (_, at) => series[(sent + at) % series.length]!))
    }
  }),

  fibers: (open, series, count) => {
    const share = Math.ceil(count / FIBERS)
    return Effect.forEach(
      Array.from({ length: FIBERS }, (_, fiber) => Math.max(0, Math.min(share, count - fiber * share))),
      (part) => loop(open, series, part),
      { concurrency: "unbounded", discard: true }
    )
  }
}
