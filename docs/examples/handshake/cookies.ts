import { CookieJar, WebSocket } from "@effect-websocket/client"
import { Console, Effect } from "effect"

export const program = Effect.gen(function* () {
  const cookies = yield* CookieJar.make
  const greet = WebSocket.connect("wss://example.com/chat", { cookies }).pipe(
    Effect.flatMap((socket) => socket.receive),
    Effect.flatMap(Console.log),
    Effect.scoped
  )
  yield* greet
  yield* greet
})
