/** Two things that go wrong, and the tags that a program catches them by. */
import { WebSocket } from "@effect-websocket/client"
import * as Effect from "effect/Effect"
import { step } from "./narrate.ts"
import type { EchoServers } from "./servers.ts"

export const failures = Effect.fnUntraced(function* (servers: EchoServers) {
  yield* WebSocket.connect(`${servers.plain}/private`).pipe(
    Effect.scoped,
    Effect.catchReason("ConnectError", "HandshakeRejected", (refusal) =>
      step("refused", `${refusal._tag}, for a path that wants credentials:\n${refusal.message}`)
    )
  )
  yield* WebSocket.connect(servers.secure).pipe(
    Effect.scoped,
    Effect.catchReason("ConnectError", "TlsFailed", (failure) =>
      step("not trusted", `${failure._tag}, for the same certificate without { tls: { ca } }:\n${failure.message}`)
    )
  )
})
