import * as Socket from "@effect-websocket/client/Socket"
import { Transport } from "@effect-websocket/transport"
import { Console, Effect, Layer, Schema, Stream } from "effect"
import { Rpc, RpcClient, RpcGroup, RpcSerialization } from "effect/rpc"

export class Weather extends RpcGroup.make(
  Rpc.make("Now", { payload: { city: Schema.String }, success: Schema.Number }),
  Rpc.make("Watch", { payload: { city: Schema.String }, success: Schema.Number, stream: true })
) {}

const protocol = (url: string) =>
  RpcClient.layerProtocolSocket({ retryTransientErrors: true }).pipe(
    Layer.provide(Socket.layer(url, { keepAlive: { missed: 3 } })),
    Layer.provide(RpcSerialization.layerNdjson),
    Layer.provide(Transport.layer)
  )

export const program = (url: string) =>
  Effect.gen(function* () {
    const weather = yield* RpcClient.make(Weather)
    yield* Console.log(yield* weather.Now({ city: "Ulm" }))
    yield* Stream.runForEach(weather.Watch({ city: "Ulm" }), Console.log)
  }).pipe(Effect.scoped, Effect.provide(protocol(url)))
