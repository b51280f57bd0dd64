/**
 * `effect/socket` over `ws`: a pull loop that takes whole batches, and awaited writes. Its writer succeeds before anything
 * is written, so the loops also look at the `bufferedAmount` of the `ws` below.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as Socket from "effect/socket/Socket"
import type { WebSocket } from "ws"
import type { Message } from "../Payloads.ts"
import {
  BATCH,
  type Connection,
  FIBERS,
  HIGH_WATER_MARK,
  lost,
  type OpenOptions,
  type Peer,
  type SendMode
} from "./Peer.ts"
import { connect, drained } from "./ws.ts"

export const peer: Peer = {
  open: (url, options) => Effect.runPromise(open(url, options))
}

const open = Effect.fnUntraced(function* (url: string, options: OpenOptions) {
  const scope = yield* Scope.make()
  const ended = yield* Deferred.make<void>()
  let below: WebSocket | undefined
  const dial = (address: string): Socket.WebSocketLike => {
    below = connect(address, options)
    below.once("close", () => Deferred.doneUnsafe(ended, Exit.void))
    return below
  }
  const socket = yield* Socket.makeWebSocket(url).pipe(Effect.provideService(Socket.WebSocketConstructor, dial))
  const reader = yield* Scope.provide(socket.reader, scope)
  const writer = yield* Scope.provide(socket.writer, scope)
  const readBatch = Effect.flatMap(reader.pull, (batch) => {
    const replies = batch.map(options.sink.message).filter((reply) => reply !== undefined) as Array<Message>
    return replies.length > 0 ? writer.writeAll([replies[0]!, ...replies.slice(1)]) : Effect.void
  })
  const readAll = Effect.forever(readBatch, { disableYield: true })
  yield* Effect.forkIn(
    Effect.catch(readAll, (error) => Effect.sync(() => lost(error))),
    scope
  )
  return connection(scope, writer, below!, Deferred.await(ended))
})

const connection = (
  scope: Scope.Closeable,
  writer: Socket.Writer,
  below: WebSocket,
  ended: Effect.Effect<void>
): Connection => ({
  send: (message) => Effect.runFork(writer.write(message)),
  sendMany: (series, count, mode) => Effect.runPromise(sendMany[mode](writer, below, series, count)),
  close: () => Effect.runPromise(Effect.andThen(Scope.close(scope, Exit.void), ended))
})

type Send = (
  writer: Socket.Writer,
  below: WebSocket,
  series: ReadonlyArray<Message>,
  count: number
) => Effect.Effect<void, Socket.SocketError>

const loop: Send = Effect.fnUntraced(function* (writer, below, series, count) {
  for (let index = 0; index < count; index++) {
    yield* writer.write(series[index % series.length]!)
    if (below.bufferedAmount > HIGH_WATER_MARK) yield* Effect.promise(() => drained(below))
  }
})

const sendMany: Record<SendMode, Send> = {
  awaited: loop,
  batched: Effect.fnUntraced(function* (writer, below, series, count) {
    for (let sent = 0; sent < count; sent += BATCH) {
      const batch = Array.from({ length: BATCH }, (_, at) => series[(sent + at) % series.length]!)
      yield* writer.writeAll(batch as [Message, ...Array<Message>])
      if (below.bufferedAmount > HIGH_WATER_MARK) yield* Effect.promise(() => drained(below))
    }
  }),
  fibers: (writer, below, series, count) => {
    const share = Math.ceil(count / FIBERS)
    return Effect.forEach(
      Array.from({ length: FIBERS }, (_, fiber) => Math.max(0, Math.min(share, count - fiber * share))),
      (part) => loop(writer, below, series, part),
      { concurrency: "unbounded", discard: true }
    )
  }
}
