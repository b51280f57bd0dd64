import { assert, describe, it } from "@effect/vitest"
import { HostNotFound, Resolver } from "@effect-websocket/transport"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"

const lookup = (host: string, family: 4 | 6 | "any" = "any") =>
  Effect.flatMap(Resolver.Resolver, (resolver) => resolver.lookup(host, family))

describe("the system's resolver", () => {
  it.live("knows the names of the hosts file", () =>
    Effect.gen(function* () {
      assert.includeMembers([...(yield* lookup("localhost", 4))], ["127.0.0.1"])
    })
  )

  it.live("a name that nobody has, whichever version is asked for", () =>
    Effect.gen(function* () {
      const any = yield* Effect.flip(lookup("nobody.invalid"))
      assert.instanceOf(any, HostNotFound)
      assert.notProperty(any, "family")
      const six = yield* Effect.flip(lookup("nobody.invalid", 6))
      assert.strictEqual(six.family, 6)
      if (six.code !== "EAI_AGAIN") assert.match(six.message, /No IPv6 address .* allow the other IP version/)
    })
  )

  it.live("a name that it does not take", () =>
    Effect.gen(function* () {
      assert.deepInclude(yield* Effect.flip(lookup("a\0b")), { host: "a\0b" })
    })
  )

  it.live("an interrupted lookup is not waited for", () =>
    Effect.gen(function* () {
      const looking = yield* Effect.forkChild(lookup("nobody.invalid"), { startImmediately: true })
      yield* Fiber.interrupt(looking)
    })
  )
})

describe("layerHosts", () => {
  const hosts = Resolver.layerHosts({ "ws.test": ["10.0.0.1", "::1"], "nobody.test": [] })

  it.live("names with addresses of one's own, before the resolver in use", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* lookup("ws.test"), ["10.0.0.1", "::1"])
      assert.deepStrictEqual(yield* lookup("nobody.test"), [])
      assert.include(yield* lookup("localhost", 4), "127.0.0.1")
      assert.instanceOf(yield* Effect.flip(lookup("constructor")), HostNotFound)
    }).pipe(Effect.provide(hosts))
  )

  it.live("names are the same in any case and script: a URL has them in one", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* lookup("api.test"), ["10.0.0.3"])
      assert.deepStrictEqual(yield* lookup("API.test"), ["10.0.0.3"])
      assert.deepStrictEqual(yield* lookup("xn--bcher-kva.test"), ["10.0.0.4"])
    }).pipe(
      Effect.provide(Resolver.layerHosts({ "API.Test": ["10.0.0.3"], "b\u00fccher.test": ["10.0.0.4"] })),
      Effect.provideService(Resolver.Resolver, { lookup: () => Effect.succeed([]) })
    )
  )

  it.live("over another one", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* lookup("other.test"), ["10.0.0.2"])
      assert.deepStrictEqual(yield* lookup("ws.test"), ["10.0.0.1", "::1"])
    }).pipe(
      Effect.provide(hosts),
      Effect.provideService(Resolver.Resolver, { lookup: () => Effect.succeed(["10.0.0.2"]) })
    )
  )
})
