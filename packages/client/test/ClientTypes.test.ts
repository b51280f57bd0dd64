/** What the compiler knows of long-lived clients. `npm run types` is what holds these tests. */
import { describe, expectTypeOf, it } from "@effect/vitest"
import {
  Client,
  type ClientReceiveError,
  type Connection,
  type FateUnknown,
  type InvalidMessage,
  type InvalidOptions,
  type InvalidUrl,
  type LossCause,
  type Message,
  type NotSent,
  Reconnect,
  type Status
} from "@effect-websocket/client"
import type { Transport } from "@effect-websocket/transport"
import type * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import type { Scope } from "effect/Scope"
import type * as Stream from "effect/Stream"

class Token extends Context.Service<Token, string>()("test/Token") {}

class Prices extends Client.Service<Prices>()("test/Prices") {}

describe("a client", () => {
  it("needs a transport and a scope, and what its functions need", () => {
    expectTypeOf(Client.make({ url: "ws://a/" })).toEqualTypeOf<
      Effect.Effect<Client.Client, InvalidOptions | InvalidUrl, Transport | Scope>
    >()
    const needing = [
      Client.make({ url: Effect.map(Token, (token) => `ws://a/${token}`) }),
      Client.make({ url: "ws://a/", headers: Effect.map(Token, (authorization) => ({ authorization })) }),
      Client.make({ url: "ws://a/", onOpen: (connection) => Effect.flatMap(Token, (token) => connection.send(token)) }),
      Client.make({ url: "ws://a/", onLost: () => Effect.as(Token, Reconnect.retry) })
    ] as const
    expectTypeOf<Effect.Services<(typeof needing)[number]>>().toEqualTypeOf<Transport | Scope | Token>()
  })

  it("gives what onOpen acquires the scope of the connection", () => {
    const onOpen = () => Effect.acquireRelease(Effect.void, () => Effect.void)
    expectTypeOf<Effect.Services<ReturnType<typeof onOpen>>>().toEqualTypeOf<Scope>()
    expectTypeOf(Client.make({ url: "ws://a/", onOpen })).toExtend<Effect.Effect<unknown, unknown, Transport | Scope>>()
  })

  it("takes a Schedule or data for its delays", () => {
    expectTypeOf(Client.make).toBeCallableWith({ url: "ws://a/", reconnect: Schedule.exponential("1 second") })
    expectTypeOf(Client.make).toBeCallableWith({ url: "ws://a/", reconnect: { first: "1 second" } })
  })

  it("fails with what stopped it when messages are taken, with a fate when they are sent", () => {
    expectTypeOf<Client.Client["messages"]>().toEqualTypeOf<Stream.Stream<Message, ClientReceiveError>>()
    expectTypeOf<ClientReceiveError>().toEqualTypeOf<LossCause>()
    expectTypeOf<Effect.Error<ReturnType<Client.Client["send"]>>>().toEqualTypeOf<
      InvalidMessage | NotSent | FateUnknown
    >()
    expectTypeOf<Client.Client["connection"]>().toEqualTypeOf<Effect.Effect<Connection, ClientReceiveError>>()
  })

  it("tells its status by tag", () => {
    expectTypeOf<Status["_tag"]>().toEqualTypeOf<"Connecting" | "Open" | "Waiting" | "Paused" | "Stopped">()
  })
})

describe("a client as a service", () => {
  it("is a layer that needs a transport, and no scope", () => {
    expectTypeOf(Prices.layer({ url: "ws://a/" })).toEqualTypeOf<
      Layer.Layer<Prices, InvalidOptions | InvalidUrl, Transport>
    >()
    expectTypeOf(
      Prices.layerConfig("WS", { headers: Effect.map(Token, (authorization) => ({ authorization })) })
    ).toEqualTypeOf<Layer.Layer<Prices, Config.ConfigError | InvalidOptions | InvalidUrl, Transport | Token>>()
  })

  it("is a client when it is asked for", () => {
    expectTypeOf<Effect.Success<typeof Prices>>().toEqualTypeOf<Client.Client>()
  })
})
