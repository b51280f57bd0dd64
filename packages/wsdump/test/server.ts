/** A server of the npm package `ws` that remembers how its connections ended. */
import type { IncomingMessage } from "node:http"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type { RawData, ServerOptions, WebSocket } from "ws"
import { serve } from "../../client/test/wsServer.ts"

export interface Closed {
  readonly code: number
  readonly reason: string
}

/** `closed` is how the first connection ended, as the server saw it. */
export const start = Effect.fnUntraced(function* (
  handle: (peer: WebSocket) => void,
  options: ServerOptions & { readonly secure?: boolean } = {}
) {
  const ended = yield* Deferred.make<Closed>()
  const requests: Array<IncomingMessage> = []
  const url = yield* serve(
    (peer) => {
      peer.on("close", (code, reason) => Deferred.doneUnsafe(ended, Effect.succeed({ code, reason: String(reason) })))
      // A client that breaks a rule, or is gone: how it ended says so.
      peer.on("error", () => {})
      handle(peer)
    },
    { ...options, verifyClient: ({ req }: { readonly req: IncomingMessage }) => requests.push(req) > 0 }
  )
  return { url, requests, closed: Deferred.await(ended) }
})

export const echo = (peer: WebSocket): void => {
  peer.on("message", (data: RawData, isBinary: boolean) => peer.send(data, { binary: isBinary }))
}

/** Remembers what comes: texts as strings, the rest as bytes. */
export const into = (heard: Array<unknown>) => (peer: WebSocket) => {
  peer.on("message", (data: Buffer, isBinary: boolean) => heard.push(isBinary ? [...data] : String(data)))
}
