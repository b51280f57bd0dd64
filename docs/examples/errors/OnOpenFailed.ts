import { Client, Reconnect } from "@effect-websocket/client"
import { Console, Effect } from "effect"

export const program = Effect.gen(function* () {
  const client = yield* Client.make({
    url: "wss://example.com/feed",
    onOpen: (connection) =>
      Effect.gen(function* () {
        yield* connection.send("login")
        const answer = yield* connection.receive
        if (answer !== "welcome") return yield* Effect.fail(`the server said "${answer}"`)
      }),
    onLost: () => Effect.succeed(Reconnect.stop)
  })
  yield* client.receive.pipe(Effect.catchTag("OnOpenFailed", ({ message }) => Console.log(message)))
}).pipe(Effect.scoped)
