import { WebSocket } from "@effect-websocket/client"
import { Console, Effect, Stream } from "effect"

export const program = WebSocket.stream("wss://example.com/feed").pipe(
  Stream.runForEach(Console.log),
  Effect.unwrapReason("ConnectError"),
  Effect.catchTags({
    HandshakeRejected: ({ status }) => Console.log(`the server said no: ${status}`),
    HostNotFound: () => Console.log("no network?"),
    ConnectionClosed: (closed) => Console.log(closed.message)
  })
)
