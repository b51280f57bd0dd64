/** The same job over real TLS: verified against an authority of the test's, with the facts that a program can see. */
import { X509Certificate } from "node:crypto"
import { assert, describe, it } from "@effect/vitest"
import { type ConnectOptions, WebSocket } from "@effect-websocket/client"
import { Server, ServerPeer } from "@effect-websocket/client/testing"
import { Transport } from "@effect-websocket/transport"
import { Certificate } from "@effect-websocket/transport/testing"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { leavesNothing } from "./left.ts"

const live = <E>(name: string, test: () => Effect.Effect<void, E, Scope.Scope | Transport>) =>
  it.live(name, () => leavesNothing(test()).pipe(Effect.provide(Transport.layer)))

const authority = Certificate.make({ names: ["Authority"], isAuthority: true })
const certificate = Certificate.make({ names: ["localhost", "127.0.0.1"], issuer: authority })
const named = Certificate.make({ names: ["chat.test"], issuer: authority })
const expired = Certificate.make({ names: ["127.0.0.1"], issuer: authority, validTo: new Date("2001-01-01") })

const connect = Effect.fnUntraced(function* (tls: Certificate.Certificate, options: ConnectOptions["tls"]) {
  const { url } = yield* Server.serve(ServerPeer.echo, { tls })
  return yield* WebSocket.connect(url, { tls: options ?? {} })
})

/** A connection that works. */
const talks = Effect.fnUntraced(function* (socket: Effect.Success<ReturnType<typeof connect>>) {
  yield* socket.send("hello")
  assert.strictEqual(yield* socket.receive, "hello")
  return socket.info.tls
})

describe("TLS", () => {
  live("is verified against ca, and tells version, cipher and certificate", () =>
    Effect.gen(function* () {
      const socket = yield* connect(certificate, { ca: authority.cert })
      const tls = yield* talks(socket)
      assert.strictEqual(tls?.version, "TLSv1.3")
      assert.match(tls?.cipher ?? "", /^TLS_(AES|CHACHA20)_/)
      assert.isTrue(tls?.authorized)
      assert.strictEqual(tls?.peerCertificate?.subject, "CN=localhost")
      assert.strictEqual(tls?.peerCertificate?.issuer, "CN=Authority")
      assert.strictEqual(tls?.peerCertificate?.fingerprint256, new X509Certificate(certificate.cert).fingerprint256)
    })
  )

  live("trusts a self-signed certificate that is given as ca", () =>
    Effect.gen(function* () {
      const selfSigned = Certificate.make({ names: ["127.0.0.1"] })
      assert.isTrue((yield* talks(yield* connect(selfSigned, { ca: [authority.cert, selfSigned.cert] })))?.authorized)
    })
  )

  live("verifies the name that is asked for", () =>
    Effect.gen(function* () {
      assert.isTrue((yield* talks(yield* connect(named, { ca: authority.cert, serverName: "chat.test" })))?.authorized)
    })
  )

  live("with verify chain: any name, but no other authority and no expired certificate", () =>
    Effect.gen(function* () {
      assert.isTrue((yield* talks(yield* connect(named, { ca: authority.cert, verify: "chain" })))?.authorized)
      const untrusted = yield* Effect.flip(connect(named, { verify: "chain" }))
      assert.deepInclude(untrusted.reason, { _tag: "TlsFailed", problem: "unknown issuer" })
      const old = yield* Effect.flip(connect(expired, { ca: authority.cert, verify: "chain" }))
      assert.deepInclude(old.reason, { _tag: "TlsFailed", problem: "expired" })
    })
  )

  live("with verify none: anyone, and info says that nobody was verified", () =>
    Effect.gen(function* () {
      for (const tls of [certificate, named, expired]) {
        assert.isFalse((yield* talks(yield* connect(tls, { verify: "none" })))?.authorized)
      }
    })
  )

  live("by default trusts no authority of a test", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(connect(certificate, {}))
      assert.deepInclude(error.reason, { _tag: "TlsFailed", problem: "unknown issuer" })
      assert.deepStrictEqual(
        error.steps.map(({ stage }) => stage),
        ["tcp", "tls"]
      )
    })
  )
})

describe("over TLS", () => {
  live("10 messages of 1 MiB come back as they were", () =>
    Effect.gen(function* () {
      const socket = yield* connect(certificate, { ca: authority.cert })
      const messages = Array.from({ length: 10 }, (_, i) => new Uint8Array(0x100000).fill(i))
      yield* Effect.forkChild(Effect.forEach(messages, (message) => socket.send(message)))
      const echoes = yield* Stream.runCollect(Stream.take(socket.messages, messages.length))
      assert.isTrue(echoes.every((echo, i) => Buffer.compare(echo as Uint8Array, messages[i]!) === 0))
    })
  )

  live("a close from our side is clean", () =>
    Effect.gen(function* () {
      const socket = yield* connect(certificate, { ca: authority.cert })
      const record = yield* socket.close(1000, "done")
      assert.deepInclude(record, { by: "us", clean: true, closeCode: 1000 })
    })
  )

  live("a close from the peer's side is clean, and messages before it arrive", () =>
    Effect.gen(function* () {
      const { url } = yield* Server.serve(
        (peer) => Effect.andThen(Effect.andThen(peer.send("last"), peer.close(1001)), ServerPeer.echo(peer)),
        { tls: certificate }
      )
      const socket = yield* WebSocket.connect(url, { tls: { ca: authority.cert } })
      assert.deepStrictEqual(yield* Stream.runCollect(socket.messages), ["last"])
      assert.deepInclude(yield* socket.closed, { by: "peer", clean: true, closeCode: 1001 })
    })
  )
})
