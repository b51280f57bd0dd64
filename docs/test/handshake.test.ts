import { assert, describe, it } from "@effect/vitest"
import { CookieJar } from "@effect-websocket/client"
import { layerPredictable, type ServerPeer } from "@effect-websocket/client/testing"
import * as Effect from "effect/Effect"
import { TestClock } from "effect/testing"
import * as Blocks from "./Blocks.ts"
import { answer, type Example, type Network, prints, serve } from "./Play.ts"

const has = (name: string, value: string) => (server: ServerPeer.ServerPeer) =>
  Effect.sync(() => assert.deepInclude(server.request.headers, [name, value]))

/** What the network does in each of the page's examples. */
const happens: Record<string, (network: Network) => Effect.Effect<unknown>> = {
  headers: (network) => serve(network, has("authorization", "Bearer 5e1f"), { subprotocol: "prices.v1" }),
  redirects: (network) =>
    Effect.gen(function* () {
      yield* answer(network, "HTTP/1.1 307 Temporary Redirect", "Location: https://node7.example.com/feed?shard=2")
      yield* serve(network, has("authorization", "Bearer 5e1f"))
    }),
  notFollowed: (network) => answer(network, "HTTP/1.1 302 Found", "Location: http://login.example.com/"),
  cookies: (network) =>
    Effect.gen(function* () {
      yield* serve(network, (server) => server.send("hello, stranger"), { headers: [["Set-Cookie", "id=7; Secure"]] })
      yield* serve(network, (server) => Effect.andThen(has("Cookie", "id=7")(server), server.send("hello again")))
    }),
  trace: (network) => serve(network, (server) => Effect.andThen(server.next, server.send("hello to you"))),
  retryAfter: (network) =>
    Effect.gen(function* () {
      yield* answer(network, "HTTP/1.1 503 Service Unavailable", "Retry-After: 30")
      yield* TestClock.adjust("30 seconds")
      yield* serve(network, () => Effect.void)
    })
}

const page = Blocks.of("docs/handshake.md")

describe("docs/handshake.md: each example prints what the page says", () => {
  for (const [name, happen] of Object.entries(happens)) {
    it.effect(name, () =>
      Effect.gen(function* () {
        const example: Example = yield* Effect.promise(() => import(`../examples/handshake/${name}.ts`))
        const block = page.find(({ file }) => file === `examples/handshake/${name}.ts`)
        // So that the key of the handshake is always the same.
        const program = Effect.provide(example.program, layerPredictable())
        yield* prints({ program }, block?.output, happen)
      })
    )
  }

  it("the limits of a jar", () => {
    const text = Blocks.read("docs/handshake.md")
    for (const limit of [CookieJar.maxCookieBytes, CookieJar.maxPerDomain, CookieJar.maxCookies]) {
      assert.include(text, limit.toLocaleString("en"))
    }
  })
})
