/** Two things that go wrong, and the tags they are caught by. */
import { WebSocket } from "@effect-websocket/client"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import type { EchoServers } from "./servers.ts"

export const failures = Effect.fnUntraced(function* (servers: EchoServers) {
  yield* WebSocket.connect(`${servers.plain}/private`).pipe(
    Effect.scoped,
    Effect.catchReason("ConnectError", "HandshakeRejected", (refusal) =>
      Console.log(`  a path that needs credentials: ${refusal._tag}\n    ${refusal.message}`)
    )
  )
  yield* WebSocket.connect(servers.secure).pipe(
    Effect.scoped,
    Effect.catchReason("ConnectError", "TlsFailed", (failure) =>
      Console.log(`  the same certificate, not trusted: ${failure._tag}, ${failure.problem}\n    ${failure.message}`)
    )
  )
})
