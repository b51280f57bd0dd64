/**
 * A proxy of real sockets for tests and demonstrations: HTTP CONNECT over TCP or TLS, SOCKS 4, 4A or 5, on a free port of
 * 127.0.0.1. What its clients ask for, `ProxyRequests` reads.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { ByteStream } from "../ByteStream.ts"
import * as Tcp from "../internal/Tcp.ts"
import { authorityOf } from "../Target.ts"
import type { TransportError } from "../TransportError.ts"
import * as Listener from "./Listener.ts"
import { ProxyClient, remember } from "./ProxyClient.ts"
import * as ProxyRequests from "./ProxyRequests.ts"

export interface Options extends Listener.Options {
  readonly kind: ProxyRequests.Kind
  /** Lets in only who has these; SOCKS 4 looks at the user alone. Default: everyone. */
  readonly credentials?: ProxyRequests.Credentials
  /** Answers every request with these bytes in place of connecting. */
  readonly answer?: Uint8Array
}

export interface ProxyListener {
  readonly port: number
  /** As a client would name it, without credentials: `https://127.0.0.1:`, `socks5h://127.0.0.1:` and the port. */
  readonly url: string
  /** What was asked for, in order: `example.com:443`. Of many, the last 1,024. */
  readonly asked: ReadonlyArray<string>
  /** What clients said before a tunnel stood, in order. Of much, the last 1,024 pieces. */
  readonly heard: () => string
}

/** Listens while the scope is open. Any name is found at 127.0.0.1; addresses are connected to as they are. */
export const make: (options: Options) => Effect.Effect<ProxyListener, never, Scope.Scope> = Effect.fnUntraced(
  function* (options) {
    const scope = yield* Effect.scope
    const { accept, port } = yield* Listener.make(options)
    const asked: Array<string> = []
    const heard: Array<string> = []
    const serve = Effect.flatMap(accept, (wire) =>
      Effect.scoped(converse(new ProxyClient(wire, heard), asked, options)).pipe(
        Effect.ignore,
        Effect.ensuring(Effect.sync(wire.destroy)),
        Effect.forkIn(scope)
      )
    )
    yield* Effect.forkIn(Effect.forever(serve, { disableYield: true }), scope)
    const scheme = options.tls === undefined ? schemes[options.kind] : "https"
    return {
      port,
      url: `${scheme}://127.0.0.1:${port}`,
      asked,
      heard: () => heard.join("")
    }
  }
)

const schemes = { http: "http", socks4: "socks4a", socks5: "socks5h" }

const converse = Effect.fnUntraced(function* (client: ProxyClient, asked: Array<string>, options: Options) {
  const request = yield* ProxyRequests.read(options.kind, client, options.credentials)
  if (request === undefined) return yield* client.wire.leave
  const { failed, granted, host, port } = request
  remember(asked, authorityOf({ host, port }))
  if (options.answer !== undefined) {
    client.wire.send(options.answer)
    return yield* client.wire.leave
  }
  const address = /^[\d.]+$|:/.test(host) ? host : "127.0.0.1"
  const server = yield* Effect.result(Tcp.connect({ host: address, port, report: () => {} }, false))
  if (server._tag === "Failure") {
    client.wire.send(failed)
    return yield* client.wire.leave
  }
  client.wire.send(granted)
  yield* Effect.all([upwards(client, server.success), downwards(server.success, client)], { concurrency: "unbounded" })
  // What the server said last may still be on its way.
  return yield* client.wire.leave
})

const upwards = (client: ProxyClient, server: ByteStream): Effect.Effect<void, TransportError> =>
  Effect.gen(function* () {
    while (true) {
      const bytes = yield* client.tunnelled
      if (!server.writeUnsafe([bytes])) yield* server.drained
    }
  }).pipe(Effect.catch((end) => (Cause.isDone(end) ? server.shutdown : Effect.fail(end))))

const downwards = (server: ByteStream, client: ProxyClient): Effect.Effect<void, TransportError> =>
  Effect.gen(function* () {
    while (true) for (const chunk of yield* server.pull) client.wire.send(chunk.slice())
  }).pipe(Effect.catch((end) => (Cause.isDone(end) ? Effect.sync(client.wire.end) : Effect.fail(end))))
