/** A server of the npm package `ws` on a free port of 127.0.0.1, as long as the scope lives. */
import { createServer } from "node:http"
import { createServer as createTlsServer } from "node:https"
import type { AddressInfo } from "node:net"
import { Certificate } from "@effect-websocket/transport/testing"
import * as Effect from "effect/Effect"
import { type ServerOptions, WebSocketServer, type WebSocket as Ws } from "ws"

/** What a secure one shows. */
export const certificate = Certificate.make({ names: ["127.0.0.1"] })

/** Runs `handle` for each connection that was accepted, and answers the URL. */
export const serve = Effect.fnUntraced(function* (
  handle: (peer: Ws) => void,
  { secure = false, ...options }: ServerOptions & { readonly secure?: boolean } = {}
) {
  const http = secure ? createTlsServer(certificate) : createServer()
  const server = new WebSocketServer({ server: http, maxPayload: 0, ...options })
  server.on("connection", handle)
  yield* Effect.acquireRelease(
    Effect.callback<void>((resume) => {
      http.listen(0, "127.0.0.1", () => resume(Effect.void))
    }),
    () =>
      Effect.callback<void>((resume) => {
        for (const peer of server.clients) peer.terminate()
        server.close(() => http.close(() => resume(Effect.void)))
      })
  )
  return `${secure ? "wss" : "ws"}://127.0.0.1:${(http.address() as AddressInfo).port}`
})
