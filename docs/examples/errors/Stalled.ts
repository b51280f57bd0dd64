import { WebSocket } from "@effect-websocket/client"
import { Console, Duration, Effect } from "effect"

/** It sends and sends and takes no answer meanwhile; the server answers and answers and reads nothing. */
export const program = Effect.gen(function* () {
  const socket = yield* WebSocket.connect("wss://example.com/upload")
  yield* Effect.forever(socket.send(new Uint8Array(10_000)))
}).pipe(
  Effect.scoped,
  Effect.catchTag("ConnectionClosed", (closed) => Effect.fail(closed.cause ?? closed)),
  Effect.catchTag("Stalled", ({ stallTimeout }) =>
    Console.log(`nobody read for ${Duration.format(stallTimeout)}: take messages while you send`)
  )
)
