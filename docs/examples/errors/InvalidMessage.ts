import { WebSocket } from "@effect-websocket/client"
import { Console, Effect } from "effect"

const halfAnEmoji = "🌍".slice(0, 1)

export const program = Effect.gen(function* () {
  const socket = yield* WebSocket.connect("wss://example.com/chat")
  yield* socket
    .send(halfAnEmoji)
    .pipe(Effect.catchTag("InvalidMessage", ({ rule, section }) => Console.log(`not sent: ${rule} (${section})`)))
  yield* socket.send("the connection goes on")
}).pipe(Effect.scoped)
