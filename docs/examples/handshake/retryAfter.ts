import { WebSocket } from "@effect-websocket/client"
import { Console, Duration, Effect } from "effect"

const connect = WebSocket.connect("wss://example.com/feed")

export const program = connect.pipe(
  Effect.catchReason("ConnectError", "HandshakeRejected", ({ retryAfter = Duration.seconds(1) }) =>
    Console.log(`again in ${Duration.format(retryAfter)}`).pipe(
      Effect.andThen(Effect.sleep(retryAfter)),
      Effect.andThen(connect)
    )
  ),
  Effect.andThen(Console.log("let in")),
  Effect.scoped
)
