import { Client, type Loss, Reconnect } from "@effect-websocket/client"
import { Console, Effect } from "effect"

const isRefused = ({ cause }: Loss) =>
  cause._tag === "ConnectError" && cause.reason._tag === "HandshakeRejected" && cause.reason.status === 401

export const program = Effect.gen(function* () {
  let token = "expired"
  const refresh = Effect.sync(() => {
    token = "fresh"
  })
  const client = yield* Client.make({
    url: "wss://example.com/feed",
    headers: Effect.sync(() => ({ authorization: `Bearer ${token}` })),
    onLost: (loss) =>
      isRefused(loss) && loss.attempt === 1
        ? Effect.as(refresh, Reconnect.retryAfter("1 milli"))
        : Effect.succeed(Reconnect.decide(loss))
  })
  yield* Console.log(yield* client.receive)
}).pipe(Effect.scoped)
