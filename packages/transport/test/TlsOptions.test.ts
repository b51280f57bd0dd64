import { assert, describe, it } from "@effect/vitest"
import { TlsOptions } from "@effect-websocket/transport"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"

describe("TlsOptions", () => {
  it("verifies everything by default, made or decoded", () => {
    const defaults = { verify: "full", alpn: "http/1.1", resumption: true } as const
    assert.deepStrictEqual(TlsOptions.make({}), defaults)
    assert.deepStrictEqual(Schema.decodeSync(TlsOptions)({}), defaults)
  })

  it("key and passphrase are redacted, and so are they when the options are shown", () => {
    const options = Schema.decodeSync(TlsOptions)({ key: "secret key", passphrase: "secret phrase" })
    assert.notInclude(JSON.stringify(options), "secret")
    assert.notInclude(String(options.key), "secret")
    assert.isTrue(Redacted.isRedacted(options.key) && Redacted.value(options.key) === "secret key")
  })

  it("a wrong option is refused without showing a secret", () => {
    const decode = Schema.decodeUnknownResult(TlsOptions)
    for (const wrong of [{ verify: "maybe" }, { ca: 1 }, { key: ["secret"] }, { passphrase: ["secret"] }]) {
      const result = decode(wrong)
      if (result._tag === "Success") assert.fail(`took ${JSON.stringify(wrong)}`)
      else assert.notInclude(result.failure.message, "secret")
    }
  })

  it("a name that no handshake could use is refused", () => {
    const decode = Schema.decodeUnknownResult(TlsOptions)
    const wrong = [
      { pins: [] },
      { pins: "sha1/AAAA" },
      { pins: ["00".repeat(31)] },
      { alpn: "h2" },
      { alpn: ["http/1.1", ""] },
      { alpn: "a".repeat(256) },
      // 256 bytes.
      { alpn: "\u00e9".repeat(128) },
      { alpn: ["http/1.1", "\u{1f600}".repeat(64)] },
      { alpn: Array.from({ length: 129 }, () => "a".repeat(255)) },
      { minVersion: "TLSv1.1" },
      ...["", ".", "a b", "a/b", "a@b", "a:1", "a%41", "*.a", "a..b", "ws.test\0.evil", "a".repeat(255)].flatMap(
        (name) => [{ serverName: name }, { identity: name }]
      ),
      { ciphers: "" },
      { roots: "mine" }
    ]
    for (const options of wrong) assert.strictEqual(decode(options)._tag, "Failure", JSON.stringify(options))
  })
})

/** One variable for each option, alone and with all others. */
const variables: Record<keyof TlsOptions, readonly [name: string, value: string, decoded: unknown]> = {
  ca: ["CA_PATH", "/ca.pem", { path: "/ca.pem" }],
  roots: ["ROOTS", "system", "system"],
  crl: ["CRL_PATH", "/crl.pem", { path: "/crl.pem" }],
  cert: ["CERT_PATH", "/cert.pem", { path: "/cert.pem" }],
  key: ["KEY_PATH", "/key.pem", { path: "/key.pem" }],
  pfx: ["PFX_PATH", "/client.pfx", { path: "/client.pfx" }],
  passphrase: ["PASSPHRASE", "secret", Redacted.make("secret")],
  verify: ["VERIFY", "chain", "chain"],
  serverName: ["SERVER_NAME", "ws.test", "ws.test"],
  identity: ["IDENTITY", "ws.test", "ws.test"],
  pins: ["PINS", "00".repeat(32), "00".repeat(32)],
  minVersion: ["MIN_VERSION", "TLSv1.3", "TLSv1.3"],
  maxVersion: ["MAX_VERSION", "TLSv1.3", "TLSv1.3"],
  ciphers: ["CIPHERS", "HIGH", "HIGH"],
  groups: ["GROUPS", "X25519", "X25519"],
  signatureAlgorithms: ["SIGNATURE_ALGORITHMS", "ed25519", "ed25519"],
  alpn: ["ALPN", "mqtt", "mqtt"],
  resumption: ["RESUMPTION", "false", false],
  keylog: ["KEYLOG_PATH", "/keys.log", { path: "/keys.log" }]
}

/** As a program reads them: `WS_TLS_CA_PATH=/ca.pem`. */
const fromEnv = (env: Record<string, string>) =>
  Config.schema(TlsOptions, ["ws", "tls"]).parse(
    ConfigProvider.constantCase(ConfigProvider.fromEnv({ env: { WS_TLS_OTHER: "1", ...env } }))
  )

describe("the environment", () => {
  for (const [option, [name, value, decoded]] of Object.entries(variables)) {
    it.effect(`WS_TLS_${name} is ${option}, whether others are there or not`, () =>
      Effect.gen(function* () {
        const alone = yield* fromEnv({ [`WS_TLS_${name}`]: value })
        assert.deepStrictEqual(alone, { ...TlsOptions.make({}), [option]: decoded })
      })
    )
  }

  it.effect("all of them at once", () =>
    Effect.gen(function* () {
      const env = Object.values(variables).map(([name, value]) => [`WS_TLS_${name}`, value] as const)
      const all = Object.entries(variables).map(([option, [, , decoded]]) => [option, decoded] as const)
      assert.deepEqual<unknown>(yield* fromEnv(Object.fromEntries(env)), Object.fromEntries(all))
    })
  )

  it.effect("texts in place of paths, and lists by number", () =>
    Effect.gen(function* () {
      const { ca, key, pfx, pins, roots } = yield* fromEnv({
        WS_TLS_CA_0_PATH: "/ca.pem",
        WS_TLS_CA_1: "a certificate",
        WS_TLS_KEY: "a key",
        WS_TLS_PFX: "AQID",
        WS_TLS_PINS_0: "00".repeat(32),
        WS_TLS_ROOTS_0: "bundled",
        WS_TLS_ROOTS_1: "system"
      })
      assert.deepStrictEqual(ca, [{ path: "/ca.pem" }, "a certificate"])
      assert.isTrue(Redacted.isRedacted(key) && Redacted.value(key) === "a key")
      assert.isTrue(Redacted.isRedacted(pfx) && Buffer.compare(Redacted.value(pfx), Uint8Array.of(1, 2, 3)) === 0)
      assert.deepStrictEqual([pins, roots], [["00".repeat(32)], ["bundled", "system"]])
    })
  )

  it.effect("a wrong value is named, a secret one not shown", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(fromEnv({ WS_TLS_VERIFY: "some", WS_TLS_KEY: "secret" }))
      assert.include(error.message, "verify")
      assert.notInclude(error.message, "secret")
    })
  )
})
