import { assert, describe, it } from "@effect/vitest"
import { ConnectError, ConnectionClosed, HandshakeRejected, type LossCause, Reconnect } from "@effect-websocket/client"
import type { ServerPeer } from "@effect-websocket/client/testing"
import { Refused } from "@effect-websocket/transport"
import * as Effect from "effect/Effect"
import { TestClock } from "effect/testing"
import * as config from "../examples/client/config.ts"
import * as feed from "../examples/client/feed.ts"
import * as outbox from "../examples/client/outbox.ts"
import * as refresh from "../examples/client/refresh.ts"
import * as status from "../examples/client/status.ts"
import * as prices from "../examples/prices.ts"
import * as Blocks from "./Blocks.ts"
import { answer, type Network, prints, serve, serveAndBreak } from "./Play.ts"

const outputs = new Map(Blocks.of("docs/client.md").map(({ file, output }) => [file, output]))

const output = (name: string) => outputs.get(`examples/${name}.ts`)

const hears = (server: ServerPeer.ServerPeer, message: string) =>
  Effect.map(server.next, (event) => assert.deepStrictEqual(event, { _tag: "Message", message }))

/** A price on each of two connections, to whoever subscribes with these words. */
const twoPrices = (network: Network, subscribe: (connection: number) => string) =>
  Effect.andThen(
    serveAndBreak(network, "1 second", (server) =>
      Effect.andThen(hears(server, subscribe(1)), server.send("ACME 7.50"))
    ),
    serve(network, (server) => Effect.andThen(hears(server, subscribe(2)), server.send("ACME 7.25")))
  )

describe("README.md", () => {
  it.effect("its long-lived client goes on over a second connection", () =>
    prints(prices, "ACME 7.50\nACME 7.25\n", (network) => twoPrices(network, () => "subscribe ACME"))
  )
})

describe("docs/client.md: each example prints what the page says", () => {
  it.effect("feed", () =>
    prints(feed, output("client/feed"), (network) =>
      twoPrices(network, (connection) => `subscribe ACME (connection ${connection})`)
    )
  )

  it.effect("refresh", () =>
    prints(refresh, output("client/refresh"), (network) =>
      Effect.gen(function* () {
        yield* answer(network, "HTTP/1.1 401 Unauthorized")
        yield* TestClock.adjust("1 milli")
        yield* serve(network, (server) => {
          assert.deepInclude(server.request.headers, ["authorization", "Bearer fresh"])
          return server.send("welcome")
        })
      })
    )
  )

  it.effect("status", () =>
    prints(status, output("client/status"), (network) =>
      Effect.gen(function* () {
        yield* network.refuse(new Refused({ address: "203.0.113.1:443" }))
        yield* TestClock.adjust("1 second")
        yield* serveAndBreak(network, "1 second", () => Effect.void)
        yield* TestClock.adjust("1 second")
        yield* serve(network, () => Effect.void)
      })
    )
  )

  it.effect("outbox", () => prints(outbox, output("client/outbox"), (network) => serve(network, () => Effect.void)))

  it.effect("config", () =>
    prints(config, output("client/config"), (network) =>
      serve(network, (server) => {
        assert.deepInclude(server.request.headers, ["authorization", "Bearer 5e1f"])
        return server.send("ACME 7.50")
      })
    )
  )
})

describe("documented behaviour has a test: the page names just those losses that stop a client", () => {
  const page = Blocks.read("docs/client.md")
  const stops = (cause: LossCause) => Reconnect.decide({ cause })._tag === "Stop"

  /** Numbers as the page lists them: `400 to 499`, or `1002, 1003`. */
  const numbers = (words: string): ReadonlyArray<number> =>
    [...words.matchAll(/(\d+)(?: to (\d+))?/g)].flatMap(([, from, to]) =>
      Array.from({ length: Number(to ?? from) - Number(from) + 1 }, (_, i) => Number(from) + i)
    )

  it("close codes", () => {
    const [, listed] = page.match(/the peer's close codes ([\d, toand]+)/)!
    const codes = Array.from({ length: 4000 }, (_, i) => 1000 + i)
    const final = codes.filter((closeCode) => stops(new ConnectionClosed({ closeCode, closeReason: "", by: "peer" })))
    assert.deepStrictEqual(final, numbers(listed!))
  })

  it("HTTP statuses", () => {
    const [, listed, except] = page.match(/HTTP ([\d to]+), except ([\d, and]+)/)!
    const rejected = (status: number) =>
      new ConnectError({
        url: "wss://example.com/",
        reason: new HandshakeRejected({ status, statusText: "", headers: [], body: "", bodyTruncated: false }),
        steps: []
      })
    const final = Array.from({ length: 400 }, (_, i) => 200 + i).filter((status) => stops(rejected(status)))
    const exceptions = numbers(except!)
    assert.deepStrictEqual(
      final,
      numbers(listed!).filter((status) => !exceptions.includes(status))
    )
  })
})
