import { assert, describe, it } from "@effect/vitest"
import { HostNotFound, Resolver } from "@effect-websocket/transport"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"

const lookup = (host: string, family: 4 | 6 | "any" = "any") =>
  Effect.flatMap(Resolver.Resolver, (resolver) => resolver.lookup(host, family))

describe("the system's resolver", () => {
  it.live("finds the names of the hosts file", () =>
    Effect.gen(function* () {
      assert.includeMembers([...(yield* lookup("localhost", 4))], ["127.0.0.1"])
    })
  )

  it.live("a name that nobody has is HostNotFound, with the IP version if one was asked for", () =>
    Effect.gen(function* () {
      const any = yield* Effect.flip(lookup("nobody.invalid"))
      assert.instanceOf(any, HostNotFound)
      assert.notProperty(any, "family")
      const six = yield* Effect.flip(lookup("nobody.invalid", 6))
      assert.strictEqual(six.family, 6)
      if (six.code !== "EAI_AGAIN") assert.match(six.message, /No IPv6 address .* allow the other IP version/)
    })
  )

  it.live("a name that it does not accept is HostNotFound", () =>
    Effect.gen(function* () {
      assert.deepInclude(yield* Effect.flip(lookup("a\0b")), { host: "a\0b" })
    })
  )

  it.live("an interrupted lookup is not waited for", () =>
    Effect.gen(function* () {
      const looking = yield* Effect.forkChild(lookup("nobody.invalid"), { startImmediately: true })
      yield* Fiber.interrupt(looking)
      const exit = yield* Fiber.await(looking)
      assert.isTrue(Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause))
    })
  )
})

describe("layerHosts", () => {
  const hosts = Resolver.layerHosts({ "ws.test": ["10.0.0.1", "::1"], "nobody.test": [] })

  it.live("answers the names that it has, and leaves others to the resolver in use", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* lookup("ws.test"), ["10.0.0.1", "::1"])
      assert.deepStrictEqual(yield* lookup("nobody.test"), [])
      assert.include(yield* lookup("localhost", 4), "127.0.0.1")
      assert.instanceOf(yield* Effect.flip(lookup("constructor")), HostNotFound)
    }).pipe(Effect.provide(hosts))
  )

  it.live("finds a name in any case, and in any script by its ASCII form", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* lookup("api.test"), ["10.0.0.3"])
      assert.deepStrictEqual(yield* lookup("API.test"), ["10.0.0.3"])
      assert.deepStrictEqual(yield* lookup("xn--bcher-kva.test"), ["10.0.0.4"])
    }).pipe(
      Effect.provide(Resolver.layerHosts({ "API.Test": ["10.0.0.3"], "b\u00fccher.test": ["10.0.0.4"] })),
      Effect.provideService(Resolver.Resolver, { lookup: () => Effect.succeed([]) })
    )
  )

  it.live("leaves other names to the resolver that is provided", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* lookup("other.test"), ["10.0.0.2"])
      assert.deepStrictEqual(yield* lookup("ws.test"), ["10.0.0.1", "::1"])
    }).pipe(
      Effect.provide(hosts),
      Effect.provideService(Resolver.Resolver, { lookup: () => Effect.succeed(["10.0.0.2"]) })
    )
  )
})
