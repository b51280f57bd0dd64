/** TLS: what a handshake tells and shows, and what is left of it. */
import { createPrivateKey } from "node:crypto"
import type * as Tls from "node:tls"
import { createSecureContext } from "node:tls"
import { assert, describe, it } from "@effect/vitest"
import { type DialStep, TlsContext, TlsOptions, Transport, type TransportError } from "@effect-websocket/transport"
import { Certificate } from "@effect-websocket/transport/testing"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import { assertNoListeners, leavesNothing, turnsOfTheEventLoop } from "./pairs/leavesNothing.ts"
import { effectSocket } from "./pairs/tcp.ts"
import { authority, client, good, open, problemOf, server, stranger, temporaryFolder } from "./tls.ts"

describe("a handshake", () => {
  it.live("tells version, cipher and certificate, and its steps in order", () =>
    Effect.gen(function* () {
      const { port } = yield* server(good)
      const steps: Array<DialStep> = []
      const { info } = yield* open(port, { ca: authority.cert }, steps)
      assert.deepStrictEqual(info.remote, { address: "127.0.0.1", port })
      assert.deepInclude(info.tls, { version: "TLSv1.3", alpn: undefined, authorized: true })
      assert.match(info.tls!.cipher, /^TLS_/)
      assert.deepInclude(info.tls!.peerCertificate, {
        subject: "CN=localhost",
        issuer: "CN=Test Authority",
        validFrom: new Date("2000-01-01T00:00:00Z")
      })
      assert.match(info.tls!.peerCertificate!.fingerprint256, /^([0-9A-F]{2}:){31}[0-9A-F]{2}$/)
      assert.deepStrictEqual(steps, [
        { _tag: "Started", stage: "tcp", detail: `127.0.0.1:${port}` },
        { _tag: "Ended", stage: "tcp", detail: `127.0.0.1:${port}`, failure: undefined },
        { _tag: "Started", stage: "tls", detail: "127.0.0.1" },
        { _tag: "Ended", stage: "tls", detail: "127.0.0.1", outcome: `TLSv1.3 ${info.tls!.cipher}`, failure: undefined }
      ])
    })
  )

  const named = Certificate.make({ names: ["ws.test", "127.0.0.1", "xn--bcher-kva.test"], issuer: authority })
  for (const [asked, seen] of [
    ["ws.test", "ws.test"],
    ["ws.test.", "ws.test"],
    ["b\u00fccher.test", "xn--bcher-kva.test"],
    ["127.0.0.1", false]
  ] as const) {
    it.live(`for ${asked} sends ${seen} as the server name`, () =>
      Effect.gen(function* () {
        const { accept, port } = yield* server(named)
        yield* open(port, { ca: authority.cert, serverName: asked })
        const socket = (yield* accept) as Tls.TLSSocket
        assert.strictEqual(socket.servername, seen)
      })
    )
  }

  it.live("for a host that is no name fails before anything is dialled", () =>
    Effect.gen(function* () {
      const target = { host: "localhost\0.evil.test", port: 1, tls: TlsOptions.make({}), report: () => assert.fail() }
      const error = yield* Effect.flip(Transport.use((transport) => transport.open(target)))
      assert.strictEqual(problemOf(error), "bad option")
      assert.include(error.message, 'host: "localhost\\u{0}.evil.test" is not the name of a host')
    }).pipe(Effect.provide(Transport.layer))
  )

  for (const identity of ["", "foo bar", "*.test"]) {
    it.live(`never leaves out the name for one that is none, be it not decoded: ${JSON.stringify(identity)}`, () =>
      Effect.gen(function* () {
        const { port } = yield* server(good)
        const tls = { ...TlsOptions.make({ ca: authority.cert }), identity }
        const dial = Transport.use((transport) => transport.open({ host: "localhost", port, tls, report: () => {} }))
        const error = yield* Effect.flip(Effect.provide(dial, Transport.layer))
        assert.strictEqual(problemOf(error), "bad option")
        assert.include(error.message, "identity")
      })
    )
  }

  it.live("verifies an identity in the letters of its language", () =>
    Effect.gen(function* () {
      const { port } = yield* server(named)
      const { info } = yield* open(port, { ca: authority.cert, identity: "B\u00fccher.test" })
      assert.strictEqual(info.tls!.verifiedName, "xn--bcher-kva.test")
    })
  )

  for (const [what, alpn] of [
    ["a name as long as there may be", "a".repeat(255)],
    ["a list as long as there may be", ["http/1.1", ...Array.from({ length: 127 }, () => "a".repeat(255))]]
  ] as const) {
    it.live(`offers ${what} by ALPN`, () =>
      Effect.gen(function* () {
        const { accept, port } = yield* server({ ...good, ALPNCallback: ({ protocols }) => protocols.at(0) })
        const { info } = yield* open(port, { ca: authority.cert, alpn })
        yield* accept
        assert.include(alpn, info.tls!.alpn!)
      })
    )
  }

  it.live("shows the client certificate that was given, its key encrypted or not, as text or as files", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const passphrase = "open sesame"
      const encrypted = createPrivateKey(client.key)
        .export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase })
        .toString()
      const paths = {
        ca: folder("ca.pem", authority.cert),
        cert: folder("cert.pem", client.cert),
        key: folder("key.pem", encrypted)
      }
      const both = folder("both.pem", client.cert + client.key)
      const { accept, port } = yield* server({ ...good, ca: authority.cert, requestCert: true })
      for (const options of [
        { ca: [authority.cert], cert: client.cert, key: Redacted.make(client.key) },
        { ...paths, passphrase: Redacted.make(passphrase) },
        { ca: [stranger.cert, paths.ca], cert: both }
      ]) {
        yield* open(port, options)
        const socket = (yield* accept) as Tls.TLSSocket
        assert.strictEqual(socket.getPeerX509Certificate()?.subject, "CN=Client")
      }
    })
  )

  it.live("with verify none takes any certificate, and says that it was not verified", () =>
    Effect.gen(function* () {
      for (const issuer of [stranger, authority]) {
        const { port } = yield* server(Certificate.make({ names: ["elsewhere.test"], issuer }))
        const steps: Array<DialStep> = []
        const { info } = yield* open(port, { verify: "none", ca: authority.cert }, steps)
        assert.isFalse(info.tls!.authorized)
        assert.match(JSON.stringify(steps.at(-1)), /not verified/)
        assert.strictEqual(info.tls!.peerCertificate!.subject, "CN=elsewhere.test")
      }
    })
  )

  it.live("with verify chain takes any name, but no stranger", () =>
    Effect.gen(function* () {
      const named = Certificate.make({ names: ["elsewhere.test"], issuer: authority })
      const options = { ca: authority.cert, verify: "chain" } as const
      const { info } = yield* open((yield* server(named)).port, options)
      assert.isTrue(info.tls!.authorized)
      const unknown = Certificate.make({ names: ["elsewhere.test"], issuer: stranger })
      assert.strictEqual(problemOf(yield* Effect.flip(open((yield* server(unknown)).port, options))), "unknown issuer")
    })
  )
})

it.live("an authority in the middle of a chain is enough for a context that allows partial ones", () =>
  Effect.gen(function* () {
    const middle = Certificate.make({ names: ["Middle"], issuer: authority, isAuthority: true })
    const leaf = Certificate.make({ names: ["127.0.0.1"], issuer: middle })
    const { port } = yield* server({ ...leaf, cert: leaf.cert + middle.cert })
    const context = createSecureContext({ ca: middle.cert, allowPartialTrustChain: true })
    const { info } = yield* Effect.provideService(open(port, {}), TlsContext, () => context)
    assert.isTrue(info.tls!.authorized)
  })
)

describe("a renegotiation", () => {
  const elsewhere = Certificate.make({ names: ["elsewhere.test"], issuer: authority })
  const makers = { "its options": undefined, "a context of the program": createSecureContext({ ca: authority.cert }) }
  for (const [over, layer] of [
    ["TCP", Transport.layer],
    ["effect/socket", effectSocket]
  ] as const) {
    for (const [by, context] of Object.entries(makers)) {
      for (const [whose, { cert, key }] of [
        ["another certificate", elsewhere],
        ["the same certificate", good]
      ] as const) {
        it.live(`over ${over}, by ${by}, with ${whose} ends the connection, and nothing behind it arrives`, () =>
          Effect.gen(function* () {
            const { accept, port } = yield* server({ ...good, maxVersion: "TLSv1.2" })
            const options = context === undefined ? { ca: authority.cert } : {}
            const stream = yield* open(port, options, [], layer).pipe(Effect.provideService(TlsContext, () => context))
            const socket = (yield* accept) as Tls.TLSSocket
            socket.resume()
            socket.write("before")
            assert.strictEqual(Buffer.concat(yield* stream.pull).toString(), "before")
            // Newer than Node's types.
            const again = socket as unknown as { readonly setKeyCert: (context: Tls.SecureContext) => void }
            again.setKeyCert(createSecureContext({ cert, key }))
            socket.renegotiate({}, () => socket.write("behind"))
            const error = (yield* Effect.flip(stream.pull)) as TransportError
            assert.strictEqual(problemOf(error), "renegotiation")
          })
        )
      }
    }
  }
})

describe("leaks", () => {
  it.live("200 connections that were opened and closed leave no handle and no listener", () =>
    leavesNothing(
      server(good),
      Effect.fnUntraced(function* (port) {
        const stream = yield* Effect.scoped(
          Effect.gen(function* () {
            const stream = yield* open(port, { ca: authority.cert })
            stream.writeUnsafe([Uint8Array.of(1)])
            yield* Effect.forkScoped(stream.pull, { startImmediately: true })
            return stream
          })
        )
        yield* assertNoListeners(stream)
      })
    )
  )

  it.live("200 handshakes that were interrupted leave no handle", () =>
    leavesNothing(
      server(good),
      Effect.fnUntraced(function* (port) {
        const opening = yield* Effect.forkChild(open(port, { ca: authority.cert }), { startImmediately: true })
        yield* turnsOfTheEventLoop(2)
        yield* Fiber.interrupt(opening)
      })
    )
  )

  it.live("200 handshakes that failed leave no handle", () =>
    leavesNothing(server(Certificate.make({ names: ["127.0.0.1"] })), (port) => Effect.flip(open(port, {})))
  )

  it.live("200 connections that were refused by a pin leave no handle", () =>
    leavesNothing(server(good), (port) => Effect.flip(open(port, { ca: authority.cert, pins: "00".repeat(32) })))
  )
})
