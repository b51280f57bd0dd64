import { assert, describe, it } from "@effect/vitest"
import { TlsOptions } from "@effect-websocket/transport"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"

describe("TlsOptions", () => {
  it("verifies everything by default, made or decoded", () => {
    const defaults = { verify: "full" } as const
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

  it.effect("can come from the environment", () =>
    Effect.gen(function* () {
      const options = yield* Config.schema(TlsOptions, "ws").parse(
        ConfigProvider.fromUnknown({ ws: { verify: "none", key: { path: "/key.pem" } } })
      )
      assert.deepStrictEqual(options, { verify: "none", key: { path: "/key.pem" } })
    })
  )
})
