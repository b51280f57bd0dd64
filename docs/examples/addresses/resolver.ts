import { WebSocket } from "@effect-websocket/client"
import { HostNotFound, Resolver, Transport } from "@effect-websocket/transport"
import { Console, Effect, Layer } from "effect"

/** Names of services, from wherever this program keeps them. */
const services = new Map([["quotes.internal", ["127.0.0.1"]]])

const registry = Layer.succeed(Resolver.Resolver, {
  lookup: (host) => {
    const addresses = services.get(host)
    return addresses === undefined
      ? Effect.fail(new HostNotFound({ host, code: "not registered" }))
      : Effect.succeed(addresses)
  }
})

export const program = (port: number) =>
  Effect.gen(function* () {
    const { info } = yield* WebSocket.connect(`ws://quotes.internal:${port}/`)
    yield* Console.log(`quotes.internal is ${info.remote?.address}`)
    const { reason } = yield* Effect.flip(WebSocket.connect("ws://prices.internal/"))
    yield* Console.log(reason.message)
  }).pipe(Effect.scoped, Effect.provide([Transport.layer, registry]))
