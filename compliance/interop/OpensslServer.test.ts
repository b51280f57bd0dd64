/**
 * TLS facts, judged by a TLS that is not ours: `openssl s_server` makes the handshake, and what a client writes comes
 * out of its standard output; so the server in front of which we stand is OpenSSL's for TLS and a script of core's for
 * WebSocket.
 */
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { type ConnectOptions, WebSocket } from "@effect-websocket/client"
import { ServerPeer } from "@effect-websocket/client/testing"
import { Transport } from "@effect-websocket/transport"
import { Certificate, Listener } from "@effect-websocket/transport/testing"
import * as Cause from "effect/Cause"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FileSystem from "effect/FileSystem"
import * as Queue from "effect/Queue"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as Program from "./Program.ts"

const authority = Certificate.make({ names: ["Authority"], isAuthority: true })
const stranger = Certificate.make({ names: ["Stranger"], isAuthority: true })
const server = Certificate.make({ names: ["127.0.0.1", "localhost"], issuer: authority })
const named = Certificate.make({ names: ["chat.test"], issuer: authority })
const client = Certificate.make({ names: ["ann"], issuer: authority })

/** Runs `openssl s_server` with these arguments, and gives what it has decrypted and what it is to encrypt. */
const serve = Effect.fnUntraced(function* (args: ReadonlyArray<string>) {
  const files = yield* FileSystem.FileSystem
  const folder = yield* files.makeTempDirectoryScoped()
  const pem = Effect.fnUntraced(function* (name: string, text: string) {
    yield* files.writeFileString(`${folder}/${name}`, text)
    return `${folder}/${name}`
  })
  const identity = ["-cert", yield* pem("server.pem", server.cert + server.key)]
  const other = ["-cert2", yield* pem("named.pem", named.cert), "-key2", yield* pem("named.key", named.key)]
  const trust = ["-CAfile", yield* pem("ca.pem", authority.cert)]
  const port = yield* Effect.scoped(Effect.map(Listener.make(), (listener) => listener.port))

  const input = yield* Queue.bounded<Uint8Array, Cause.Done>(16)
  const program = yield* Program.start(
    "openssl",
    "openssl",
    ["s_server", "-quiet", "-accept", `127.0.0.1:${port}`, ...identity, ...other, ...trust, ...args],
    { stdin: { stream: Stream.fromQueue(input) } }
  )
  const output = yield* Stream.toPull(program.stdout)
  const wire: ServerPeer.Wire = {
    take: Effect.matchEffect(output, {
      onSuccess: ([first]) => Effect.succeed(first),
      onFailure: () => Cause.done()
    }),
    send: (bytes) => Queue.offerUnsafe(input, bytes),
    end: () => Queue.endUnsafe(input)
  }
  return { url: `wss://127.0.0.1:${port}/chat`, wire }
}, Effect.provide(NodeServices.layer))

/** Until the program listens, its port refuses. */
const connect = (url: string, tls: ConnectOptions["tls"]) =>
  WebSocket.connect(url, { tls: { ca: authority.cert, ...tls } }).pipe(
    Effect.retry({
      while: ({ reason }) => reason._tag === "Refused",
      schedule: Schedule.spaced("20 millis"),
      times: 250
    })
  )

/** Connects, exchanges a message each way, closes, and gives what our side saw of TLS. */
const converse = Effect.fnUntraced(function* (tls: ConnectOptions["tls"], args: ReadonlyArray<string> = []) {
  const { url, wire } = yield* serve(args)
  const serving = yield* Effect.forkChild(Effect.flatMap(ServerPeer.accept(wire), ServerPeer.echo))
  const socket = yield* connect(url, tls)
  yield* socket.send("Grüße")
  assert.strictEqual(yield* socket.receive, "Grüße")
  assert.deepInclude(yield* socket.close(), { by: "us", clean: true })
  yield* Fiber.interrupt(serving)
  const info = socket.info.tls!
  yield* Console.log(`s_server ${args.join(" ")}: ${info.version}, ${info.cipher}, ${info.peerCertificate?.subject}`)
  return info
}, Effect.provide(Transport.layer))

const refuses = Effect.fnUntraced(function* (tls: ConnectOptions["tls"], args: ReadonlyArray<string> = []) {
  const { url } = yield* serve(args)
  const { message, reason } = yield* Effect.flip(connect(url, tls))
  yield* Console.log(`s_server ${args.join(" ")}: ${message}`)
  return reason
}, Effect.provide(Transport.layer))

describe("openssl s_server", () => {
  it.live("TLS 1.3 by default", () =>
    Effect.gen(function* () {
      const info = yield* converse({})
      assert.strictEqual(info.version, "TLSv1.3")
      assert.strictEqual(info.peerCertificate?.subject, "CN=127.0.0.1")
    })
  )

  it.live("TLS 1.2, and the cipher under its IANA name", () =>
    Effect.gen(function* () {
      const info = yield* converse({}, ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"])
      assert.strictEqual(info.version, "TLSv1.2")
      assert.strictEqual(info.cipher, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256")
    })
  )

  it.live("TLS 1.3 with a cipher of the server's choice", () =>
    Effect.gen(function* () {
      const info = yield* converse({}, ["-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"])
      assert.deepInclude(info, { version: "TLSv1.3", cipher: "TLS_CHACHA20_POLY1305_SHA256" })
    })
  )

  it.live("the name is asked for (SNI): the server answers with its other certificate", () =>
    Effect.gen(function* () {
      const info = yield* converse({ serverName: "chat.test" }, ["-servername", "chat.test", "-servername_fatal"])
      assert.strictEqual(info.peerCertificate?.subject, "CN=chat.test")
    })
  )

  it.live("an address is never sent as a name (RFC 6066 §3)", () =>
    Effect.gen(function* () {
      const info = yield* converse({ serverName: "127.0.0.1" }, ["-servername", "127.0.0.1"])
      assert.strictEqual(info.peerCertificate?.subject, "CN=127.0.0.1")
    })
  )

  it.live("a name that the server does not have", () =>
    Effect.gen(function* () {
      const reason = yield* refuses({ serverName: "other.test" }, ["-servername", "chat.test", "-servername_fatal"])
      assert.deepInclude(reason, { _tag: "TlsFailed", problem: "wrong host" })
    })
  )

  it.live("a server of TLS 1.1 alone is refused", () =>
    Effect.gen(function* () {
      const reason = yield* refuses({}, ["-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"])
      assert.deepInclude(reason, { _tag: "TlsFailed", problem: "protocol" })
    })
  )

  it.live("a client certificate is shown to a server that asks for one", () =>
    Effect.gen(function* () {
      yield* converse({ cert: client.cert, key: client.key }, asks)
      yield* converse({ cert: client.cert, key: client.key }, [...asks, "-tls1_2"])
    })
  )

  it.live("a server that asks for a client certificate and gets none", () =>
    Effect.gen(function* () {
      const reason = yield* refuses({}, ["-tls1_3", ...asks])
      assert.deepInclude(reason, { _tag: "TlsFailed", problem: "client certificate required" })
      // TLS 1.2 has no alert of its own for it (RFC 5246 §7.4.6), but it comes after the server's hello.
      const older = yield* refuses({}, ["-tls1_2", ...asks])
      assert.deepInclude(older, { _tag: "TlsFailed", problem: "client certificate required" })
    })
  )

  for (const [what, { cert, key }] of [
    ["of a stranger", Certificate.make({ names: ["eve"], issuer: stranger })],
    ["that has expired", Certificate.make({ names: ["bob"], issuer: authority, validTo: new Date("2001-01-01") })]
  ] as const) {
    it.live(`a server that refuses a client certificate ${what}`, () =>
      Effect.gen(function* () {
        for (const version of ["-tls1_3", "-tls1_2"]) {
          const reason = yield* refuses({ cert, key }, [version, ...asks])
          assert.deepInclude(reason, { _tag: "TlsFailed", problem: "client certificate refused" })
        }
      })
    )
  }

  it.live("plain text is answered with an alert, and we say what that means", () =>
    Effect.gen(function* () {
      const { url } = yield* serve([])
      const { reason } = yield* Effect.flip(connect(url.replace("wss:", "ws:"), {}))
      assert.strictEqual(reason._tag, "HandshakeInvalid")
      assert.include(reason.message, "use wss")
    }).pipe(Effect.provide(Transport.layer))
  )
})

const asks = ["-Verify", "1", "-verify_return_error"]
