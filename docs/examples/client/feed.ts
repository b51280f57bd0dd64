import { Client } from "@effect-websocket/client"
import { Console, Effect, Stream } from "effect"

export const program = Effect.gen(function* () {
  const client = yield* Client.make({
    url: "wss://example.com/prices",
    onOpen: (connection, generation) => connection.send(`subscribe ACME (connection ${generation})`)
  })
  yield* client.messages.pipe(Stream.take(2), Stream.runForEach(Console.log))
}).pipe(Effect.scoped)
