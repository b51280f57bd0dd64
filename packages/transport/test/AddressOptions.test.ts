import { assert, describe, it } from "@effect/vitest"
import { AddressOptions } from "@effect-websocket/transport"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

describe("AddressOptions", () => {
  it("by default any address of either version, 250 ms after one another, as RFC 8305 says", () => {
    const defaults = { family: "any", attemptDelay: Duration.millis(250), maxAddresses: 32 } as const
    assert.deepStrictEqual(AddressOptions.make({}), defaults)
    assert.deepStrictEqual(Schema.decodeSync(AddressOptions)({}), defaults)
  })

  const wrong: ReadonlyArray<readonly [option: unknown, problem: RegExp]> = [
    [{ family: 5 }, /family/],
    [{ firstFamily: "any" }, /firstFamily/],
    [{ attemptDelay: 9 }, /10 milliseconds/],
    [{ attemptDelay: "never" }, /attemptDelay/],
    [{ maxAddresses: 0 }, /greater than 0/],
    [{ localAddress: "localhost" }, /IP address/],
    [{ localAddress: "[::1]" }, /without brackets/],
    [{ localPort: 0 }, /between 1 and 65535/],
    [{ localPort: 65536 }, /between 1 and 65535/],
    [{ family: 6, localAddress: "127.0.0.1" }, /localAddress is of IP version 4/]
  ]
  for (const [option, problem] of wrong) {
    it(`refuses ${JSON.stringify(option)}`, () => {
      const result = Schema.decodeUnknownResult(AddressOptions)(option)
      if (result._tag === "Success") return assert.fail(`took ${JSON.stringify(result.success)}`)
      assert.match(result.failure.message, problem)
    })
  }

  it.effect("can come from the environment", () =>
    Effect.gen(function* () {
      const options = yield* Config.schema(AddressOptions, "ws").parse(
        ConfigProvider.fromUnknown({
          ws: { family: "4", firstFamily: "6", attemptDelay: "sequential", localAddress: "10.0.0.1", localPort: "4000" }
        })
      )
      assert.deepStrictEqual(options, {
        family: 4,
        firstFamily: 6,
        attemptDelay: "sequential",
        maxAddresses: 32,
        localAddress: "10.0.0.1",
        localPort: 4000
      })
    })
  )
})
