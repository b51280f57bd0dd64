/**
 * The ways in which a connection begins and ends: one line each. Each way ends as it says, or dies; and each leaves its
 * own scope.
 */
import { type ConnectError, type Connection, type ConnectOptions, WebSocket } from "@effect-websocket/client"
import { Server, ServerPeer } from "@effect-websocket/client/testing"
import type { Transport } from "@effect-websocket/transport"
import { Certificate, Listener, ProxyListener } from "@effect-websocket/transport/testing"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"

export type Way = Effect.Effect<unknown, unknown, Transport>

/** Starts the servers that they need, and gives the ways by name. */
export const ways: Effect.Effect<Readonly<Record<string, Way>>, never, Scope.Scope> = Effect.gen(function* () {
  const plain = yield* Server.serve(behave)
  const secure = yield* Server.serve(behave, { tls: certificate })
  const mute = yield* Server.serve(ServerPeer.echo, { mute: true })
  const refusing = yield* Server.serve(ServerPeer.echo, {
    refuse: () => "HTTP/1.1 403 Forbidden\r\nContent-Length: 8\r\n\r\nno entry"
  })
  const garbage = yield* Server.serve(ServerPeer.echo, { refuse: () => "220 mail.test ESMTP ready\r\n" })
  const silent = yield* Listener.make()
  yield* Effect.forkScoped(Effect.forever(Effect.flatMap(silent.accept, (wire) => Effect.forkScoped(listen(wire)))))
  const closedPort = yield* Effect.scoped(Effect.map(Listener.make(), ({ port }) => port))

  const tcp = (path: string, options?: ConnectOptions) => WebSocket.connect(plain.url + path, options)
  const tls = (path: string) => WebSocket.connect(secure.url + path, { tls: { ca: certificate.cert } })
  const { url: near } = yield* ProxyListener.make({ kind: "http", tls: certificate })
  const { url: far } = yield* ProxyListener.make({ kind: "socks5" })
  const proxies = [{ url: near, tls: { ca: certificate.cert } }, far] as const
  const tunnelled = WebSocket.connect(secure.url, { proxy: proxies, tls: { ca: certificate.cert } })
  const nothing = (scheme: string, options?: ConnectOptions) =>
    WebSocket.connect(`${scheme}://127.0.0.1:${silent.port}`, options)

  return {
    // Normal.
    "closed by us": Effect.scoped(Effect.flatMap(tcp("/"), talkAndClose)),
    "closed by us, TLS": Effect.scoped(Effect.flatMap(tls("/"), talkAndClose)),
    "closed by us, TLS through two proxies": Effect.scoped(Effect.flatMap(tunnelled, talkAndClose)),
    "left by the program": Effect.scoped(Effect.flatMap(tcp("/"), talk)),
    "left by the program, TLS": Effect.scoped(Effect.flatMap(tls("/"), talk)),
    "closed by the peer": Effect.scoped(Effect.flatMap(tcp("/close"), ({ messages }) => Stream.runDrain(messages))),
    "closed by the peer, TLS": Effect.scoped(
      Effect.flatMap(tls("/close"), ({ messages }) => Stream.runDrain(messages))
    ),
    "a stream, of which one message is taken": WebSocket.stream(`${plain.url}/hello`).pipe(
      Stream.take(1),
      Stream.runDrain
    ),
    aborted: Effect.scoped(Effect.flatMap(tcp("/"), (socket) => Effect.andThen(talk(socket), socket.abort))),

    // Interrupted.
    "interrupted while it waits": interruptedOnce(tcp("/")),
    "interrupted while it waits, TLS": interruptedOnce(tls("/")),
    "interrupted, and the peer answers no Close": interruptedOnce(
      WebSocket.connect(mute.url, { deadlines: { interruptCloseTimeout: "20 millis" } })
    ),
    "interrupted while it connects": Effect.timeoutOption(Effect.scoped(nothing("ws")), "5 millis"),
    "interrupted in the TLS handshake": Effect.timeoutOption(Effect.scoped(nothing("wss")), "5 millis"),
    "interrupted in a tunnel": Effect.timeoutOption(
      Effect.scoped(nothing("ws", { proxy: `socks5h://127.0.0.1:${silent.port}` })),
      "5 millis"
    ),

    // Failed.
    "a program that fails": Effect.flip(
      Effect.scoped(Effect.flatMap(tcp("/"), (socket) => Effect.andThen(talk(socket), Effect.fail("a mistake"))))
    ),
    "a peer that breaks a rule": Effect.scoped(
      Effect.flatMap(tcp("/violate"), ({ receive }) => fails("ProtocolViolation", receive))
    ),
    "a connection that is lost": Effect.scoped(
      Effect.flatMap(tcp("/lose"), ({ receive }) => fails("ConnectionClosed", receive))
    ),
    "a connection that is lost, TLS": Effect.scoped(
      Effect.flatMap(tls("/lose"), ({ receive }) => fails("ConnectionClosed", receive))
    ),
    "a refused port": connectFails("Refused", WebSocket.connect(`ws://127.0.0.1:${closedPort}`)),
    "a refusal with 403": connectFails("HandshakeRejected", WebSocket.connect(refusing.url)),
    "no handshake": connectFails("HandshakeInvalid", WebSocket.connect(garbage.url)),
    "no answer": connectFails("TimedOut", nothing("ws", { deadlines: { openTimeout: "20 millis" } })),
    "a certificate that is not trusted": connectFails("TlsFailed", WebSocket.connect(secure.url)),
    "a proxy that reaches nothing": connectFails(
      "ProxyFailed",
      WebSocket.connect(`ws://127.0.0.1:${closedPort}`, { proxy: proxies })
    ),
    "no TLS at the other end": connectFails("TlsFailed", WebSocket.connect(plain.url.replace("ws:", "wss:")))
  }
})

const certificate = Certificate.make({ names: ["127.0.0.1"] })

/** What the server does is in the path. */
const behave = (peer: ServerPeer.ServerPeer): Effect.Effect<void> => {
  switch (peer.request.resourceName) {
    case "/close":
      return Effect.andThen(Effect.andThen(peer.send("last"), peer.close(1000)), ServerPeer.echo(peer))
    case "/hello":
      return Effect.andThen(peer.send("hello"), ServerPeer.echo(peer))
    case "/violate":
      return Effect.andThen(peer.write(Uint8Array.of(0x83, 0x00)), ServerPeer.echo(peer))
    case "/lose":
      return peer.end
    default:
      return ServerPeer.echo(peer)
  }
}

/** Reads until the client is gone, and says nothing. */
const listen = ({ destroy, take }: Listener.Accepted) =>
  Effect.ensuring(Effect.ignore(Effect.forever(take)), Effect.sync(destroy))

const talk = Effect.fnUntraced(function* (socket: Connection) {
  yield* socket.sendAll(["hello", new Uint8Array(4096)])
  yield* socket.receive
  yield* socket.receive
  yield* socket.ping()
})

const talkAndClose = Effect.fnUntraced(function* (socket: Connection) {
  yield* talk(socket)
  const { clean } = yield* socket.close()
  if (!clean) return yield* Effect.die("It was closed, but not cleanly")
})

const interruptedOnce = Effect.fnUntraced(function* (
  connect: Effect.Effect<Connection, ConnectError, Transport | Scope.Scope>
) {
  const connected = yield* Deferred.make<void>()
  const program = Effect.flatMap(connect, ({ receive }) =>
    Effect.andThen(Deferred.succeed(connected, undefined), receive)
  )
  const running = yield* Effect.forkChild(Effect.scoped(program))
  yield* Deferred.await(connected)
  yield* Fiber.interrupt(running)
})

const fails = <A, E extends { readonly _tag: string }, R>(tag: E["_tag"], effect: Effect.Effect<A, E, R>) =>
  Effect.flatMap(Effect.flip(effect), (error) =>
    error._tag === tag ? Effect.void : Effect.die(`It failed with ${error._tag} in place of ${tag}`)
  )

const connectFails = (
  tag: ConnectError["reason"]["_tag"],
  connect: Effect.Effect<Connection, ConnectError, Transport | Scope.Scope>
) =>
  fails(
    tag,
    Effect.mapError(Effect.scoped(connect), ({ reason }) => reason)
  )
