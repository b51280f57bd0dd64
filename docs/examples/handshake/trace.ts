import { WebSocket } from "@effect-websocket/client"
import { Console, Effect, Logger } from "effect"

/** One line for each entry; a program has a logger already. */
const lines = Logger.make<unknown, void>(({ fiber, message }) => fiber.getRef(Console.Console).log(String(message)))

export const program = WebSocket.connect("wss://example.com/chat?token=5e1f", {
  headers: { authorization: "Bearer 5e1f" },
  compression: false,
  trace: { payloadBytes: 100 }
}).pipe(
  Effect.flatMap((socket) => Effect.andThen(socket.send("hello"), socket.receive)),
  Effect.scoped,
  Effect.provide(Logger.layer([lines])),
  Effect.asVoid
)
