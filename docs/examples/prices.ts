import { Client } from "@effect-websocket/client"
import { Console, Effect, Stream } from "effect"

class Prices extends Client.Service<Prices>()("app/Prices") {}

const PricesLive = Prices.layer({
  url: "wss://example.com/prices",
  onOpen: (connection) => connection.send("subscribe ACME")
})

export const program = Effect.gen(function* () {
  const prices = yield* Prices
  yield* prices.messages.pipe(Stream.take(2), Stream.runForEach(Console.log))
}).pipe(Effect.provide(PricesLive))
