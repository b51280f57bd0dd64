/** Whom a certificate is for: its name, the pins and the program's own check. */
import { X509Certificate } from "node:crypto"
import type * as Tls from "node:tls"
import { assert, describe, it } from "@effect/vitest"
import { type PeerCertificate, TlsCheck, type TlsServer } from "@effect-websocket/transport"
import { Certificate } from "@effect-websocket/transport/testing"
import * as Effect from "effect/Effect"
import * as ServerIdentity from "../src/internal/ServerIdentity.ts"
import { authority, good, open, problemOf, server } from "./tls.ts"

const elsewhere = Certificate.make({ names: ["elsewhere.test"], issuer: authority })

describe("the name", () => {
  it.live("that is asked for is the one that is verified, and told", () =>
    Effect.gen(function* () {
      const { port } = yield* server(good)
      for (const [options, name] of [
        [{}, "127.0.0.1"],
        [{ serverName: "ws.test" }, "ws.test"],
        [{ serverName: "front.test", identity: "ws.test" }, "ws.test"]
      ] as const) {
        assert.strictEqual((yield* open(port, { ca: authority.cert, ...options })).info.tls!.verifiedName, name)
      }
    })
  )

  it.live("to ask for need not be the one to verify", () =>
    Effect.gen(function* () {
      const { accept, port } = yield* server(good)
      yield* open(port, { ca: authority.cert, serverName: "front.test", identity: "ws.test" })
      assert.strictEqual(((yield* accept) as Tls.TLSSocket).servername, "front.test")
    })
  )

  it.live("is not verified with verify chain or none, and this is told", () =>
    Effect.gen(function* () {
      const { port } = yield* server(elsewhere)
      for (const verify of ["chain", "none"] as const) {
        const { info } = yield* open(port, { ca: authority.cert, verify })
        assert.isUndefined(info.tls!.verifiedName)
      }
    })
  )
})

describe("a pin", () => {
  const { fingerprint256, publicKey } = new X509Certificate(good.cert)

  it.live("is what the connection tells of its certificate or key, in each way of writing it", () =>
    Effect.gen(function* () {
      const { port } = yield* server(good)
      const { peerCertificate } = (yield* open(port, { ca: authority.cert })).info.tls!
      const { publicKeyPin } = peerCertificate!
      const hash = yield* Effect.promise(() =>
        crypto.subtle.digest("SHA-256", new Uint8Array(publicKey.export({ format: "der", type: "spki" })))
      )
      assert.strictEqual(publicKeyPin, `sha256/${Buffer.from(hash).toString("base64")}`)
      assert.strictEqual(peerCertificate!.fingerprint256, fingerprint256)
      for (const pins of [
        publicKeyPin,
        publicKeyPin.replace("/", "//"),
        fingerprint256,
        fingerprint256.toLowerCase(),
        fingerprint256.replaceAll(":", ""),
        ["00".repeat(32), publicKeyPin]
      ] as const) {
        assert.isTrue((yield* open(port, { ca: authority.cert, pins: pins as string })).info.tls!.authorized)
      }
    })
  )

  it.live("does not stand for verification unless the program says so", () =>
    Effect.gen(function* () {
      const self = Certificate.make({ names: ["elsewhere.test"] })
      const { port } = yield* server(self)
      const pins = new X509Certificate(self.cert).fingerprint256
      assert.strictEqual(problemOf(yield* Effect.flip(open(port, { pins }))), "self-signed")
      assert.isFalse((yield* open(port, { pins, verify: "none" })).info.tls!.authorized)
      const other = yield* server(Certificate.make({ names: ["elsewhere.test"] }))
      assert.strictEqual(problemOf(yield* Effect.flip(open(other.port, { pins, verify: "none" }))), "pin mismatch")
    })
  )

  it.live("is for the leaf: showing a pinned certificate beside another one does not help", () =>
    Effect.gen(function* () {
      const { port } = yield* server({ ...elsewhere, cert: elsewhere.cert + good.cert + authority.cert })
      const options = { ca: authority.cert, verify: "chain" } as const
      for (const { cert } of [good, authority]) {
        const pins = new X509Certificate(cert).fingerprint256
        assert.strictEqual(problemOf(yield* Effect.flip(open(port, { ...options, pins }))), "pin mismatch")
      }
    })
  )

  it.live("that does not match tells what the server showed, to be pinned if it is meant", () =>
    Effect.gen(function* () {
      const { port } = yield* server(good)
      const { message } = yield* Effect.flip(open(port, { ca: authority.cert, pins: "00".repeat(32) }))
      assert.include(message, fingerprint256)
      assert.match(message, /sha256\/[A-Za-z0-9+/]{43}=/)
    })
  )
})

describe("a pin whose base64 begins with a slash", () => {
  for (const prefix of ["sha256/", "sha256//"]) {
    it.effect(`after ${prefix}`, () => {
      const key = `/${"A".repeat(42)}=`
      const described = { fingerprint256: "", publicKeyPin: `sha256/${key}` } as PeerCertificate
      const x509 = new X509Certificate(good.cert)
      const options = { name: undefined, check: () => Effect.undefined, host: "ws.test", port: 443 }
      return ServerIdentity.verify({ x509, described }, { ...options, pins: `${prefix}${key}` })
    })
  }
})

describe("a check of the program", () => {
  it.live("sees whom it is about, and the connection opens when it has no objection", () =>
    Effect.gen(function* () {
      const { port } = yield* server(good)
      const seen: Array<TlsServer> = []
      const note = (server: TlsServer) =>
        Effect.as(
          Effect.sync(() => seen.push(server)),
          undefined
        )
      yield* open(port, { ca: authority.cert }).pipe(Effect.provideService(TlsCheck, note))
      assert.strictEqual(seen.length, 1)
      assert.deepInclude(seen[0], { host: "127.0.0.1", port })
      const { raw, subjectAltName } = seen[0]!.certificate
      assert.strictEqual(subjectAltName, "DNS:localhost, IP Address:127.0.0.1, DNS:ws.test")
      assert.strictEqual(new X509Certificate(raw).subject, "CN=localhost")
    })
  )

  it.live("refuses with its own words", () =>
    Effect.gen(function* () {
      const { port } = yield* server(good)
      const error = yield* open(port, { ca: authority.cert }).pipe(
        Effect.provideService(TlsCheck, () => Effect.succeed("not the one of Tuesday")),
        Effect.flip
      )
      assert.strictEqual(problemOf(error), "refused")
      assert.include(error.message, "not the one of Tuesday")
    })
  )

  it.live("is not asked about a certificate that is refused anyway", () =>
    Effect.gen(function* () {
      const { port } = yield* server(elsewhere)
      const error = yield* open(port, { ca: authority.cert }).pipe(
        Effect.provideService(TlsCheck, () => Effect.die("asked")),
        Effect.flip
      )
      assert.strictEqual(problemOf(error), "wrong host")
    })
  )
})

it.live("a server without a certificate is refused, whatever is verified", () =>
  Effect.gen(function* () {
    const anonymous = { maxVersion: "TLSv1.2", ciphers: "aNULL:@SECLEVEL=0" } as const
    const { port } = yield* server(anonymous)
    assert.strictEqual(problemOf(yield* Effect.flip(open(port, anonymous))), "unknown issuer")
    assert.strictEqual(problemOf(yield* Effect.flip(open(port, { verify: "none", ...anonymous }))), "bad certificate")
  })
)
