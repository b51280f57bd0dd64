import { connect } from "node:net"
import { WebSocket } from "@effect-websocket/client"
import { Transport } from "@effect-websocket/transport"
import { Console, Effect } from "effect"

/** Every connection goes through a tunnel that ends at this port. */
const tunnel = (port: number) => Transport.layerDuplex(() => connect({ port, host: "127.0.0.1", allowHalfOpen: true }))

export const program = (port: number) =>
  Effect.gen(function* () {
    const socket = yield* WebSocket.connect("ws://inside.example/echo")
    yield* socket.send("through the tunnel")
    yield* Console.log(yield* socket.receive)
  }).pipe(Effect.scoped, Effect.provide(tunnel(port)))
