/** Each way in which a handshake fails has a name, and a message that says what to do; over our sockets and over others. */
import * as Net from "node:net"
import * as Tls from "node:tls"
import { assert, describe, it } from "@effect/vitest"
import {
  type DialStep,
  TlsContext,
  TlsOptions,
  type TlsProblem,
  Transport,
  type TransportError
} from "@effect-websocket/transport"
import { Certificate } from "@effect-websocket/transport/testing"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import { listen } from "./pairs/node.ts"
import { effectSocket } from "./pairs/tcp.ts"
import { authority, client, good, type Options, open, problemOf, server, stranger } from "./tls.ts"

const past = new Date("2020-01-01T00:00:00Z")
const future = new Date("2999-01-01T00:00:00Z")
const crlOf = (issuer: Certificate.Certificate) => Certificate.makeRevocationList({ issuer })
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
const revoke = (options: Partial<Certificate.RevocationOptions>) =>
  Certificate.makeRevocationList({ issuer: authority, ...options })

const middle = Certificate.make({ names: ["Middle"], issuer: authority, isAuthority: true })
const below = certificate({ issuer: middle })
const chained: Tls.TlsOptions = { ...below, cert: below.cert + middle.cert }

const failing: Record<string, readonly [TlsProblem, Tls.TlsOptions, Options?]> = {
  "an expired certificate": ["expired", certificate({ validTo: past })],
  "a certificate of the future": ["not yet valid", certificate({ validFrom: future })],
  "another name than asked for": ["wrong host", good, { serverName: "other.test" }],
  "another address than dialled": ["wrong host", certificate({ names: ["ws.test"] })],
  "another name than its identity is to be": ["wrong host", good, { serverName: "ws.test", identity: "other.test" }],
  "a self-signed certificate": ["self-signed", self],
  "a stranger's certificate": ["unknown issuer", unknown],
  "a stranger's certificate with its root": ["unknown issuer", { ...unknown, cert: unknown.cert + stranger.cert }],
  "a chain with a gap": ["unknown issuer", below],
  "a chain whose middle alone is trusted": ["unknown issuer", chained, { ca: middle.cert }],
  "nobody trusted": ["unknown issuer", good, { ca: [] }],
  "a revoked certificate": ["revoked", good, { crl: revoke({ revoked: [good] }) }],
  "a revoked certificate in its chain": ["revoked", chained, { crl: [crlOf(middle), revoke({ revoked: [middle] })] }],
  "a revocation list of another authority": ["revocation unknown", good, { crl: crlOf(stranger) }],
  "no revocation list for a part of its chain": ["revocation unknown", chained, { crl: crlOf(middle) }],
  "a revocation list that is out of date": ["revocation unknown", good, { crl: revoke({ validTo: past }) }],
  "another certificate than the pinned one": ["pin mismatch", good, { pins: "00".repeat(32) }],
  "another key than the pinned one": ["pin mismatch", good, { pins: [`sha256/${"A".repeat(43)}=`] }],
  "no client certificate": ["client certificate required", { ...wantsClientCertificate, maxVersion: "TLSv1.2" }],
  "only TLS 1.1": ["protocol", { ...good, minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT:@SECLEVEL=0" }],
  "only TLS 1.2, and 1.3 wanted": ["protocol", { ...good, maxVersion: "TLSv1.2" }, { minVersion: "TLSv1.3" }],
  "only TLS 1.3, and 1.2 wanted": ["protocol", { ...good, minVersion: "TLSv1.3" }, { maxVersion: "TLSv1.2" }],
  "no cipher in common": ["cipher", { ...good, maxVersion: "TLSv1.2", ciphers: "ECDHE-RSA-AES128-GCM-SHA256" }],
  "no cipher of TLS 1.3 in common": [
    "cipher",
    { ...good, minVersion: "TLSv1.3", ciphers: "TLS_AES_128_GCM_SHA256" },
    { ciphers: "TLS_CHACHA20_POLY1305_SHA256" }
  ],
  "no group in common": ["cipher", { ...good, ecdhCurve: "P-256" }, { groups: "X25519:P-384" }],
  "no signature algorithm in common": ["cipher", good, { signatureAlgorithms: "rsa_pss_rsae_sha256" }],
  "no application protocol in common": ["alpn", { ...good, ALPNProtocols: ["mqtt"] }]
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
          assert.match(error.message, /^TLS failed \(.+?\): .+ \(.+, (so|and) .+\)$/)
          const last = steps.at(-1)
          assert.deepInclude(last, { _tag: "Ended", stage: "tls", failure: error.reason })
        })
      )
    }

    it.live("not tls, if the server does not speak TLS", () =>
      Effect.gen(function* () {
        const { port } = yield* listen(
          Net.createServer((socket) => socket.once("data", () => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")))
        )
        assert.strictEqual(problemOf(yield* Effect.flip(open(port, {}, [], layer))), "not tls")
      })
    )

    it.live("a Reset, if the server hangs up", () =>
      Effect.gen(function* () {
        const { port } = yield* listen(Net.createServer((socket) => socket.once("data", () => socket.end())))
        const error = yield* Effect.flip(open(port, {}, [], layer))
        assert.deepInclude(error.reason, { _tag: "Reset" })
      })
    )

    it.live("a step that was interrupted, if it is interrupted while the server says nothing", () =>
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

    for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
      for (const [what, bytes] of [
        ["a record that is corrupt", [0x17, 3, 3, 0, 30, ...Array(30).fill(7)]],
        ["text in place of a record", Buffer.from("HTTP/1.1 502 Bad Gateway\r\n\r\n")]
      ] as const) {
        it.live(`corrupt, after ${what} on an open connection of ${version}`, () =>
          Effect.gen(function* () {
            const { accept, port } = yield* server({ ...good, maxVersion: version })
            const stream = yield* open(port, { ca: authority.cert }, [], layer)
            const socket = yield* accept
            const below = (socket as unknown as { readonly _parent: Net.Socket })._parent
            socket.write("before", () => below.write(Uint8Array.from(bytes)))
            assert.strictEqual(Buffer.concat(yield* stream.pull).toString(), "before")
            const error = yield* Effect.flip(stream.pull)
            assert.strictEqual(problemOf(error as TransportError), "corrupt")
          })
        )
      }
    }

    it.live("client certificate required, on the open connection, since TLS 1.3 says so after the handshake", () =>
      Effect.gen(function* () {
        const { port } = yield* server(wantsClientCertificate)
        const stream = yield* open(port, { ca: authority.cert }, [], layer)
        for (const failing of [Effect.asVoid(stream.pull), Effect.asVoid(stream.pull), stream.flushed]) {
          const error = yield* Effect.flip(failing)
          assert.strictEqual(problemOf(error as TransportError), "client certificate required")
        }
      })
    )
  })
}

/** Alerts by number (RFC 8446 §6, RFC 5246 §7.2), and what they mean to a client that has shown a certificate. */
const alerts: Record<number, TlsProblem> = {
  40: "cipher",
  42: "client certificate refused",
  43: "client certificate refused",
  44: "client certificate refused",
  45: "client certificate refused",
  46: "client certificate refused",
  48: "client certificate refused",
  49: "client certificate refused",
  51: "client certificate refused",
  70: "protocol",
  71: "cipher",
  80: "other",
  112: "wrong host",
  116: "client certificate refused",
  120: "alpn"
}

describe("an alert of the server", () => {
  for (const [number, problem] of Object.entries(alerts)) {
    for (const [who, options] of [
      ["with a client certificate", { cert: client.cert, key: Redacted.make(client.key) }],
      ["without one", {}]
    ] as const) {
      const expected = who === "without one" ? problem.replace("refused", "required") : problem
      it.live(`${number}, to a client ${who}: ${expected}`, () =>
        Effect.gen(function* () {
          const alert = Uint8Array.of(0x15, 0x03, 0x03, 0, 2, 2, Number(number))
          const { port } = yield* listen(Net.createServer((socket) => socket.once("data", () => socket.write(alert))))
          assert.strictEqual<unknown>(problemOf(yield* Effect.flip(open(port, options))), expected)
        })
      )
    }
  }

  it.live("to a client whose certificate is in a context of the program", () =>
    Effect.gen(function* () {
      const alert = Uint8Array.of(0x15, 0x03, 0x03, 0, 2, 2, 42)
      const { port } = yield* listen(Net.createServer((socket) => socket.once("data", () => socket.write(alert))))
      const context = Tls.createSecureContext({ cert: client.cert, key: client.key })
      const failed = Effect.provideService(Effect.flip(open(port, {})), TlsContext, () => context)
      assert.strictEqual(problemOf(yield* failed), "client certificate refused")
    })
  )
})

describe("a proxy that wants a client certificate", () => {
  for (const maxVersion of ["TLSv1.2", "TLSv1.3"] as const) {
    it.live(`is told from the server, and from one that ended without a word: ${maxVersion}`, () =>
      Effect.gen(function* () {
        const { port } = yield* server({ ...wantsClientCertificate, maxVersion })
        const url = `https://127.0.0.1:${port}`
        const proxy = { url: Redacted.make(url), tls: TlsOptions.make({ ca: authority.cert }), headers: {} }
        const target = { host: "ws.test", port: 80, proxy, report: () => {} }
        const { reason } = yield* Effect.flip(Transport.use((transport) => transport.open(target)))
        assert.deepInclude(reason, { _tag: "TlsFailed", problem: "client certificate required", proxy: url })
      }).pipe(Effect.provide(Transport.layer))
    )
  }
})
