import { assert, describe, it } from "@effect/vitest"
import { ServerPeer } from "@effect-websocket/client/testing"
import * as Effect from "effect/Effect"
import * as atLeastOnce from "../examples/typed/atLeastOnce.ts"
import * as binary from "../examples/typed/binary.ts"
import * as requests from "../examples/typed/requests.ts"
import * as schema from "../examples/typed/schema.ts"
import * as skip from "../examples/typed/skip.ts"
import * as subscriptions from "../examples/typed/subscriptions.ts"
import * as Blocks from "./Blocks.ts"
import { prints, serve, serveAndBreak } from "./Play.ts"

const hears = (server: ServerPeer.ServerPeer, ...messages: ReadonlyArray<object>) =>
  Effect.forEach(messages, (message) =>
    Effect.map(server.next, (event) =>
      assert.deepStrictEqual(event, { _tag: "Message", message: JSON.stringify(message) })
    )
  )

const outputs = new Map(Blocks.of("docs/typed.md").map(({ file, output }) => [file, output]))

const output = (name: string) => outputs.get(`examples/typed/${name}.ts`)

describe("docs/typed.md: each example prints what the page says", () => {
  it.effect("schema", () =>
    prints(schema, output("schema"), (network) =>
      serve(network, (server) =>
        Effect.gen(function* () {
          assert.deepStrictEqual(yield* server.next, { _tag: "Message", message: `{"subscribe":"ACME"}` })
          yield* server.send(`{"symbol":"ACME","price":7.5,"at":"2026-11-25T10:00:00Z"}`)
          yield* server.send(`{"symbol":"ACME","price":7.25,"at":"2026-11-25T10:00:01Z"}`)
          yield* server.close(1000)
        })
      )
    )
  )

  it.effect("skip", () =>
    prints(skip, output("skip"), (network) =>
      serve(network, (server) =>
        Effect.andThen(
          Effect.forEach(["1", `"two"`, "3"], (message) => server.send(message)),
          server.close(1000)
        )
      )
    )
  )

  it.effect("binary", () =>
    prints(binary, output("binary"), (network) => serve(network, (server) => ServerPeer.echo(server)))
  )

  it.effect("requests", () =>
    prints(requests, output("requests"), (network) =>
      serve(network, (server) =>
        Effect.gen(function* () {
          const asked = [yield* server.next, yield* server.next].map((event) =>
            event._tag === "Message" ? JSON.parse(String(event.message)) : assert.fail(event._tag)
          )
          for (const { add, id } of asked.toReversed()) {
            const sum = add.reduce((a: number, b: number) => a + b)
            yield* server.send(JSON.stringify({ id, sum }))
          }
          yield* server.send(`{"news":"done"}`)
          yield* server.close(1000)
        })
      )
    )
  )

  it.effect("subscriptions", () =>
    prints(subscriptions, output("subscriptions"), (network) =>
      Effect.andThen(
        serveAndBreak(network, "30 seconds", (server) =>
          Effect.gen(function* () {
            yield* hears(server, { op: "subscribe", topic: "prices" }, { op: "subscribe", topic: "news" })
            yield* server.send("news: one")
            yield* hears(server, { op: "unsubscribe", topic: "news" })
            yield* server.send("prices: 1")
          })
        ),
        serve(network, (server) =>
          Effect.gen(function* () {
            yield* hears(server, { op: "subscribe", topic: "prices" })
            yield* server.send("prices: 2")
          })
        )
      )
    )
  )

  it.effect("atLeastOnce", () =>
    prints(atLeastOnce, output("atLeastOnce"), (network) =>
      Effect.andThen(
        serveAndBreak(network, "30 seconds", (server) =>
          Effect.gen(function* () {
            assert.strictEqual(server.request.resourceName, "/orders?resume=")
            yield* hears(server, { n: 1, order: "two of these" }, { n: 2, order: "one of those" })
            yield* server.send(`{"ack":1,"token":"after-1"}`)
          })
        ),
        serve(network, (server) =>
          Effect.gen(function* () {
            assert.strictEqual(server.request.resourceName, "/orders?resume=after-1")
            yield* hears(server, { n: 2, order: "one of those" })
            yield* server.send(`{"ack":2,"token":"after-2"}`)
          })
        )
      )
    )
  )
})
