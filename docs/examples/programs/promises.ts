import { Client } from "@effect-websocket/client"
import { Transport } from "@effect-websocket/transport"
import { Effect, Layer, ManagedRuntime, Stream } from "effect"

class Prices extends Client.Service<Prices>()("app/Prices") {}

/** The only place that knows Effect. */
const connect = async (url: string) => {
  const runtime = ManagedRuntime.make(Layer.provide(Prices.layer({ url }), Transport.layer))
  const prices = await runtime.runPromise(Effect.service(Prices))
  return {
    send: (text: string) => runtime.runPromise(prices.send(text)),
    messages: () => Stream.toAsyncIterable(prices.messages),
    /** Says goodbye to the server. */
    close: () => runtime.dispose()
  }
}

export const main = async (url: string) => {
  const prices = await connect(url)
  try {
    await prices.send("subscribe ACME")
    for await (const price of prices.messages()) {
      console.log(price)
      if (price === "ACME 7.25") break
    }
  } finally {
    await prices.close()
  }
}
