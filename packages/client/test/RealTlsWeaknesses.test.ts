/** TLS as an attacker, or a careless environment, would have it: what is tried, and what comes of it. */
import { execFile } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import * as Net from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { type ConnectOptions, WebSocket } from "@effect-websocket/client"
import { Server, ServerPeer } from "@effect-websocket/client/testing"
import { TlsFailed, TlsProblem, Transport } from "@effect-websocket/transport"
import { Certificate, Listener } from "@effect-websocket/transport/testing"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { leavesNothing } from "./left.ts"

const live = <E>(name: string, test: () => Effect.Effect<void, E, Scope.Scope | Transport>) =>
  it.live(name, () => leavesNothing(test()).pipe(Effect.provide(Transport.layer)))

const authority = Certificate.make({ names: ["Authority"], isAuthority: true })
const certificate = Certificate.make({ names: ["localhost", "127.0.0.1", "chat.test"], issuer: authority })

const echo = (tls: Certificate.Certificate) => Server.serve(ServerPeer.echo, { tls })
const connect = (url: string, tls: ConnectOptions["tls"]) => WebSocket.connect(url, { tls: tls ?? {} })

describe("S19: what the environment says", () => {
  const folder = Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "trust-"))),
    (path) => Effect.sync(() => rmSync(path, { recursive: true }))
  )

  /** What the program in `trusting.ts` finds, with this environment beside the usual. */
  const find = (url: string, env: Record<string, string>) =>
    Effect.callback<unknown>((resume) => {
      const program = fileURLToPath(new URL("trusting.ts", import.meta.url))
      const args = ["--conditions=@effect-websocket/source", program, url]
      const child = execFile(process.execPath, args, { env: { PATH: process.env.PATH, ...env } }, (error, stdout) =>
        resume(error === null ? Effect.succeed(JSON.parse(stdout)) : Effect.die(error))
      )
      return Effect.sync(() => child.kill())
    })

  live("S19: no variable replaces the authorities, turns verification off or logs secrets", () =>
    Effect.gen(function* () {
      const path = yield* folder
      const ca = join(path, "ca.pem")
      const keys = join(path, "keys.log")
      writeFileSync(ca, authority.cert)
      writeFileSync(keys, "")
      const { url } = yield* echo(certificate)
      const found = yield* find(url, {
        WEBSOCKET_CLIENT_CA_BUNDLE: ca,
        SSL_CERT_FILE: ca,
        SSL_CERT_DIR: path,
        REQUESTS_CA_BUNDLE: ca,
        CURL_CA_BUNDLE: ca,
        NODE_TLS_REJECT_UNAUTHORIZED: "0",
        SSLKEYLOGFILE: keys
      })
      assert.deepStrictEqual(found, { default: "unknown issuer", bundled: "unknown issuer" })
      assert.strictEqual(readFileSync(keys, "utf8"), "")
    })
  )

  live("S19: what an operator adds to Node's own authorities counts, unless the program wants these alone", () =>
    Effect.gen(function* () {
      const ca = join(yield* folder, "ca.pem")
      writeFileSync(ca, authority.cert)
      const { url } = yield* echo(certificate)
      const found = yield* find(url, { NODE_EXTRA_CA_CERTS: ca })
      assert.deepStrictEqual(found, { default: "trusted", bundled: "unknown issuer" })
    })
  )
})

/** Somebody on the way, who cannot read or change what is encrypted, but can end a connection whenever he likes. */
const between = Effect.fnUntraced(function* (port: number) {
  const sockets: Array<Net.Socket> = []
  let victim: Net.Socket | undefined
  const server = Net.createServer({ allowHalfOpen: true }, (inbound) => {
    const outbound = Net.connect({ port, host: "127.0.0.1" })
    victim = inbound
    sockets.push(inbound, outbound)
    for (const socket of [inbound, outbound]) socket.on("error", () => {})
    inbound.pipe(outbound)
    outbound.on("data", (bytes) => inbound.write(bytes))
  })
  yield* Effect.acquireRelease(
    Effect.callback<void>((resume) => {
      server.listen(0, "127.0.0.1", () => resume(Effect.void))
    }),
    () =>
      Effect.callback<void>((resume) => {
        server.close(() => resume(Effect.void))
        for (const socket of sockets) socket.destroy()
      })
  )
  /** A FIN, where TLS would say goodbye (close_notify, RFC 8446 §6.1) before it. */
  const cut = () => victim!.end()
  return { url: `wss://127.0.0.1:${(server.address() as Net.AddressInfo).port}/`, cut }
})

describe("S20: a stream that somebody cuts off under TLS", () => {
  live("S20: between two messages is no clean end: ConnectionClosed with 1006", () =>
    Effect.gen(function* () {
      const { port } = yield* Server.serve((peer) => Effect.andThen(peer.send("pay 1"), ServerPeer.echo(peer)), {
        tls: certificate
      })
      const attacker = yield* between(port)
      const socket = yield* connect(attacker.url, { ca: authority.cert })
      assert.strictEqual(yield* socket.receive, "pay 1")
      attacker.cut()
      const closed = yield* Effect.flip(Stream.runDrain(socket.messages))
      assert.deepInclude(closed, { _tag: "ConnectionClosed", closeCode: 1006, by: "network" })
      assert.deepInclude(yield* socket.closed, { closeCode: 1006, clean: false })
    })
  )

  live("S20: inside a message delivers nothing of it", () =>
    Effect.gen(function* () {
      const half = Uint8Array.of(0x81, 0x05, 0x70, 0x61)
      const { port } = yield* Server.serve(
        (peer) => Effect.andThen(peer.send("before"), Effect.andThen(peer.write(half), ServerPeer.echo(peer))),
        { tls: certificate }
      )
      const attacker = yield* between(port)
      const socket = yield* connect(attacker.url, { ca: authority.cert })
      assert.strictEqual(yield* socket.receive, "before")
      attacker.cut()
      assert.deepInclude(yield* Effect.flip(socket.receive), { _tag: "ConnectionClosed", closeCode: 1006 })
    })
  )

  live("S20: before the answer to the handshake makes no connection", () =>
    Effect.gen(function* () {
      const mute = yield* Listener.make({ tls: certificate })
      const attacker = yield* between(mute.port)
      const connecting = yield* Effect.forkChild(Effect.flip(connect(attacker.url, { ca: authority.cert })))
      yield* Effect.ignore((yield* mute.accept).take)
      attacker.cut()
      assert.deepInclude((yield* Fiber.join(connecting)).reason, { _tag: "HandshakeInvalid" })
    })
  )
})

describe("S20: what websocket-client cannot say", () => {
  live("S20: the name that was verified is told, when it is another than the one dialled", () =>
    Effect.gen(function* () {
      const { url } = yield* echo(certificate)
      const { info } = yield* connect(url, { ca: authority.cert, serverName: "chat.test" })
      assert.strictEqual(info.tls?.verifiedName, "chat.test")
      const error = yield* Effect.flip(connect(url, { ca: authority.cert, serverName: "chat.example" }))
      assert.deepInclude(error.steps.at(-1), { stage: "tls", detail: "chat.example" })
    })
  )

  live("S20: versions are bounded, keys pinned, the application protocol named", () =>
    Effect.gen(function* () {
      const { url } = yield* echo(certificate)
      const { info } = yield* connect(url, { ca: authority.cert, minVersion: "TLSv1.3" })
      assert.strictEqual(info.tls?.version, "TLSv1.3")
      const pin = info.tls?.peerCertificate?.publicKeyPin ?? ""
      assert.isTrue((yield* connect(url, { ca: authority.cert, pins: pin })).info.tls?.authorized)
      // Another certificate for the same name, of the same authority: a mistake or an attack on it.
      const second = yield* echo(Certificate.make({ names: ["127.0.0.1"], issuer: authority }))
      const mismatch = yield* Effect.flip(connect(second.url, { ca: authority.cert, pins: pin }))
      assert.deepInclude(mismatch.reason, { _tag: "TlsFailed", problem: "pin mismatch" })
    })
  )
})

describe("S21: the way out of a certificate that is not trusted", () => {
  for (const problem of TlsProblem.literals) {
    it(`S21: the message of "${problem}" does not suggest to turn verification off`, () => {
      const { message } = new TlsFailed({ problem, detail: "" })
      assert.notMatch(message, /verif|"none"|disable|ignore|turn/i)
    })
  }

  live("S21: is to trust that certificate or its authority, which is one option", () =>
    Effect.gen(function* () {
      const self = Certificate.make({ names: ["127.0.0.1"] })
      for (const [server, ca] of [
        [self, self],
        [certificate, authority]
      ] as const) {
        const { url } = yield* echo(server)
        const error = yield* Effect.flip(connect(url, {}))
        assert.include(error.message, "as ca")
        assert.isTrue((yield* connect(url, { ca: ca.cert })).info.tls?.authorized)
      }
    })
  )

  live("S21: whoever turns verification off all the same can see it", () =>
    Effect.gen(function* () {
      const { url } = yield* echo(certificate)
      const { info } = yield* connect(url, { verify: "none" })
      assert.deepInclude(info.tls, { authorized: false, verifiedName: undefined })
      const error = yield* Effect.flip(
        WebSocket.connect(`${url}/`, { tls: { verify: "none" }, subprotocols: ["chat"], limits: { maxHeadBytes: 1 } })
      )
      assert.include(error.message, "not verified")
    })
  )
})
