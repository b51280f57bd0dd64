/** TLS: what it tells, how it fails, and what it checks before it dials. */
import { createPrivateKey } from "node:crypto"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import * as Net from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Tls from "node:tls"
import { assert, describe, it } from "@effect/vitest"
import { type DialStep, TlsOptions, type TlsProblem, Transport, type TransportError } from "@effect-websocket/transport"
import { Certificate } from "@effect-websocket/transport/testing"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { assertNoListeners, leavesNothing, turnsOfTheEventLoop } from "./pairs/leavesNothing.ts"
import { listen } from "./pairs/node.ts"
import { effectSocket } from "./pairs/tcp.ts"

const authority = Certificate.make({ names: ["Test Authority"], isAuthority: true })
const stranger = Certificate.make({ names: ["Stranger"], isAuthority: true })
const good = Certificate.make({ names: ["localhost", "127.0.0.1", "ws.test"], issuer: authority })
const client = Certificate.make({ names: ["Client"], issuer: authority })

type Options = (typeof TlsOptions)["~type.make.in"]

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

  for (const [asked, seen] of [
    ["ws.test", "ws.test"],
    ["ws.test.", "ws.test"],
    ["127.0.0.1", false]
  ] as const) {
    it.live(`for ${asked} sends ${seen} as the server name`, () =>
      Effect.gen(function* () {
        const { accept, port } = yield* server(good)
        yield* open(port, { ca: authority.cert, serverName: asked })
        const socket = (yield* accept) as Tls.TLSSocket
        assert.strictEqual(socket.servername, seen)
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
      const { port } = yield* server(Certificate.make({ names: ["elsewhere.test"] }))
      const { info } = yield* open(port, { verify: "none" })
      assert.isFalse(info.tls!.authorized)
      assert.strictEqual(info.tls!.peerCertificate!.subject, "CN=elsewhere.test")
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

const past = new Date("2020-01-01T00:00:00Z")
const future = new Date("2999-01-01T00:00:00Z")
const certificate = (options: Partial<Certificate.Options>) =>
  Certificate.make({ names: ["127.0.0.1"], issuer: authority, ...options })
const self = Certificate.make({ names: ["127.0.0.1"] })
const unknown = certificate({ issuer: stranger })

const wantsClientCertificate: Tls.TlsOptions = {
  ...good,
  ca: authority.cert,
  requestCert: true,
  rejectUnauthorized: true
}

const failing: Record<string, readonly [TlsProblem, Tls.TlsOptions, Options?]> = {
  "an expired certificate": ["expired", certificate({ validTo: past })],
  "a certificate of the future": ["not yet valid", certificate({ validFrom: future })],
  "another name than asked for": ["wrong host", good, { serverName: "other.test" }],
  "another address than dialled": ["wrong host", certificate({ names: ["ws.test"] })],
  "a self-signed certificate": ["self-signed", self],
  "a stranger's certificate": ["unknown issuer", unknown],
  "a stranger's certificate with its root": ["unknown issuer", { ...unknown, cert: unknown.cert + stranger.cert }],
  "nobody trusted": ["unknown issuer", good, { ca: [] }],
  "only TLS 1.1": ["protocol", { ...good, minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT:@SECLEVEL=0" }],
  "no cipher in common": ["cipher", { ...good, maxVersion: "TLSv1.2", ciphers: "ECDHE-RSA-AES128-GCM-SHA256" }]
}

for (const [name, layer] of [
  ["over TCP", Transport.layer],
  ["over effect/socket", effectSocket]
] as const) {
  describe(`a handshake ${name} fails with`, () => {
    for (const [what, [problem, serverOptions, options]] of Object.entries(failing)) {
      it.live(what, () =>
        Effect.gen(function* () {
          const { port } = yield* server(serverOptions)
          const steps: Array<DialStep> = []
          const error = yield* Effect.flip(open(port, { ca: authority.cert, ...options }, steps, layer))
          assert.strictEqual(problemOf(error), problem)
          const last = steps.at(-1)
          assert.deepInclude(last, { _tag: "Ended", stage: "tls", failure: error.reason })
        })
      )
    }

    it.live("a server that does not speak TLS", () =>
      Effect.gen(function* () {
        const { port } = yield* listen(
          Net.createServer((socket) => socket.once("data", () => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")))
        )
        assert.strictEqual(problemOf(yield* Effect.flip(open(port, {}, [], layer))), "not tls")
      })
    )

    it.live("a server that hangs up", () =>
      Effect.gen(function* () {
        const { port } = yield* listen(Net.createServer((socket) => socket.once("data", () => socket.end())))
        const error = yield* Effect.flip(open(port, {}, [], layer))
        assert.deepInclude(error.reason, { _tag: "Reset" })
      })
    )

    it.live("an interruption, while the server says nothing", () =>
      Effect.gen(function* () {
        const { accept, port } = yield* listen(Net.createServer({ allowHalfOpen: true }))
        const steps: Array<DialStep> = []
        const opening = yield* Effect.forkChild(open(port, {}, steps, layer), { startImmediately: true })
        const socket = yield* accept
        yield* Fiber.interrupt(opening)
        assert.propertyVal(steps.at(-1), "failure", "interrupted")
        socket.resume()
        yield* Effect.callback<void>((resume) => {
          socket.once("close", () => resume(Effect.void))
          socket.once("end", () => socket.end())
        })
      })
    )

    it.live("a client certificate that is missing: TLS 1.3 says so, after its handshake", () =>
      Effect.gen(function* () {
        const { port } = yield* server(wantsClientCertificate)
        const stream = yield* open(port, { ca: authority.cert }, [], layer)
        for (const failing of [Effect.asVoid(stream.pull), Effect.asVoid(stream.pull), stream.flushed]) {
          const error = yield* Effect.flip(failing)
          assert.strictEqual(problemOf(error as TransportError), "bad client certificate")
        }
      })
    )

    it.live("a client certificate that is missing: TLS 1.2 has one alert for this and for no cipher in common", () =>
      Effect.gen(function* () {
        const { port } = yield* server({ ...wantsClientCertificate, maxVersion: "TLSv1.2" })
        const error = yield* Effect.flip(open(port, { ca: authority.cert }, [], layer))
        assert.strictEqual(problemOf(error), "cipher")
        assert.include(error.message, "client certificate")
      })
    )
  })
}

describe("before anything is dialled", () => {
  const wrong: Record<string, Options> = {
    "a file that is not there": { ca: { path: "/no/such/file.pem" } },
    "a ca that is no certificate": { ca: "-----BEGIN CERTIFICATE-----\nsecret\n-----END CERTIFICATE-----\n" },
    "an empty ca": { ca: [""] },
    "a cert that is no certificate": { cert: "secret", key: Redacted.make(client.key) },
    "a key that is no key": { cert: client.cert, key: Redacted.make("secret") },
    "a key of another certificate": { cert: client.cert, key: Redacted.make(good.key) },
    "a cert without key": { cert: client.cert },
    "a key without cert": { key: Redacted.make(client.key) },
    "a passphrase that does not open the key": {
      cert: client.cert,
      key: Redacted.make(
        createPrivateKey(client.key)
          .export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "right" })
          .toString()
      ),
      passphrase: Redacted.make("secret")
    }
  }
  for (const [what, options] of Object.entries(wrong)) {
    it.live(`${what} fails`, () =>
      Effect.gen(function* () {
        const steps: Array<DialStep> = []
        const error = yield* Effect.flip(open(1, options, steps))
        assert.strictEqual(problemOf(error), "bad certificate file")
        assert.notInclude(JSON.stringify(error), "secret")
        assert.notInclude(error.message, "secret")
        assert.deepStrictEqual(steps, [])
      })
    )
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
    leavesNothing(server(self), (port) => Effect.flip(open(port, {})))
  )
})

const server = (options: Tls.TlsOptions) =>
  Effect.suspend(() => listen(Tls.createServer({ allowHalfOpen: true, ...options })))

const open = (
  port: number,
  options: Options,
  steps: Array<DialStep> = [],
  layer: Layer.Layer<Transport> = Transport.layer
) =>
  Transport.use((transport) =>
    transport.open({ host: "127.0.0.1", port, tls: TlsOptions.make(options), report: (step) => steps.push(step) })
  ).pipe(Effect.provide(layer))

const problemOf = ({ reason }: TransportError) => (reason._tag === "TlsFailed" ? reason.problem : reason)

/** Writes files into a folder that goes with the scope. */
const temporaryFolder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "tls-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
).pipe(
  Effect.map((folder) => (name: string, text: string) => {
    writeFileSync(join(folder, name), text)
    return { path: join(folder, name) }
  })
)
