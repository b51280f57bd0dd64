import { WebSocket } from "@effect-websocket/client"
import { Console, Effect } from "effect"

export const program = WebSocket.connect("wss://example.com/feed", { proxy: "http://proxy.example.com:3128" }).pipe(
  Effect.scoped,
  Effect.catchReason("ConnectError", "ProxyFailed", (failed) =>
    Console.log(`${failed.problem}, with one of ${failed.schemes?.join(", ")}\n${failed.message}`)
  )
)
