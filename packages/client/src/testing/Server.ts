/**
 * An embedded server on real sockets: listens on a port of 127.0.0.1, a free one unless it is named, or on a unix socket,
 * with or without TLS, and runs a handler for each connection. Everything of it lives in the scope.
 */
import { OpeningHandshakeServer } from "@effect-websocket/core"
import { Listener } from "@effect-websocket/transport/testing"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as ServerPeer from "./ServerPeer.ts"

/** Where it listens. */
export interface Server {
  /** 0 on a unix socket. */
  readonly port: number
  /** `ws://127.0.0.1:` and the port, or `ws+unix:` and the path; `wss` with TLS. Without a resource name. */
  readonly url: string
}

/** Where it listens, how it answers handshakes, and which it refuses. */
export interface Options extends ServerPeer.AcceptOptions, Listener.Options {
  /** Answers a request with these bytes in place of accepting it: by path, or by header. */
  readonly refuse?: (request: OpeningHandshakeServer.Requested) => Uint8Array | string | undefined
}

/**
 * Serves until the scope closes. `handle` runs once for each connection whose handshake was accepted; when it is done,
 * this side of the stream ends and the connection waits for the client's end. `ServerPeer.echo` is a handler.
 */
export const serve: <R>(
  handle: (peer: ServerPeer.ServerPeer) => Effect.Effect<void, never, R>,
  options?: Options
) => Effect.Effect<Server, never, R | Scope.Scope> = Effect.fnUntraced(function* (handle, options = {}) {
  const scope = yield* Effect.scope
  const listener = yield* Listener.make(options)
  const serveOne = Effect.flatMap(listener.accept, (wire) =>
    converse(wire, handle, options).pipe(
      Effect.tapDefect((defect) => Effect.logError("A handler of the embedded server died", defect)),
      Effect.ensuring(Effect.sync(wire.destroy)),
      Effect.forkIn(scope)
    )
  )
  yield* Effect.forkIn(Effect.forever(serveOne, { disableYield: true }), scope)
  const scheme = options.tls === undefined ? "ws" : "wss"
  const { socketPath } = options
  const path = socketPath?.split("/").map(encodeURIComponent).join("/")
  const url = path === undefined ? `${scheme}://127.0.0.1:${listener.port}` : `${scheme}+unix:${path}:`
  return { port: listener.port, url }
})

const converse = <R>(
  wire: Listener.Accepted,
  handle: (peer: ServerPeer.ServerPeer) => Effect.Effect<void, never, R>,
  options: Options
): Effect.Effect<void, never, R> =>
  ServerPeer.request(wire).pipe(
    Effect.flatMap((request) => {
      const refusal = options.refuse?.(request)
      if (refusal === undefined) return Effect.flatMap(ServerPeer.acceptRequest(wire, request, options), handle)
      return Effect.sync(() => wire.send(typeof refusal === "string" ? new TextEncoder().encode(refusal) : refusal))
    }),
    Effect.catchTag("RequestInvalid", ({ status }) =>
      Effect.sync(() => wire.send(OpeningHandshakeServer.reject({ status }) as Uint8Array))
    ),
    // The client left before the end of its request.
    Effect.ignore,
    Effect.andThen(wire.leave)
  )
