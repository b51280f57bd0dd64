import { WebSocket } from "@effect-websocket/client"
import { Console, Stream } from "effect"

const feed = (host: string) => WebSocket.stream(`ws://${host}:8080/feed`)

export const program = feed("first.example.com").pipe(
  Stream.catchReason("ConnectError", "Refused", ({ address }) =>
    Stream.onStart(feed("second.example.com"), Console.log(`nobody listens at ${address}, the second server then`))
  ),
  Stream.runForEach(Console.log)
)
