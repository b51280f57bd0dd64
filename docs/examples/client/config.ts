import { Client } from "@effect-websocket/client"
import { ConfigProvider, Console, Effect, Redacted } from "effect"

class Prices extends Client.Service<Prices>()("app/Prices") {}

const PricesLive = Prices.layerConfig("PRICES", {
  headers: Effect.succeed({ authorization: Redacted.make("Bearer 5e1f") })
})

/** What the environment of the process would hold. */
const environment = ConfigProvider.fromEnv({
  env: {
    PRICES_URL: "wss://example.com/prices",
    PRICES_RECONNECT_MAX: "10 seconds",
    PRICES_KEEP_ALIVE_INTERVAL: "5 seconds",
    PRICES_OUTBOX_WHILE_DISCONNECTED: "fail"
  }
})

export const program = Effect.gen(function* () {
  const prices = yield* Prices
  yield* Console.log(yield* prices.receive)
}).pipe(Effect.provide(PricesLive), Effect.provideService(ConfigProvider.ConfigProvider, environment))
