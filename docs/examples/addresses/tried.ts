import { WebSocket } from "@effect-websocket/client"
import { Resolver, Transport } from "@effect-websocket/transport"
import { Console, Effect } from "effect"

const hosts = Resolver.layerHosts({ "api.test": ["127.0.0.2", "127.0.0.1"] })

export const program = (port: number) =>
  WebSocket.connect(`ws://api.test:${port}/feed`).pipe(
    Effect.scoped,
    Effect.catchTag("ConnectError", (error) => Console.log(error.message)),
    Effect.provide([Transport.layer, hosts])
  )
