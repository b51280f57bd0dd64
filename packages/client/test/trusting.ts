/** A program of its own, for what a process only reads when it starts: whom does it trust, by each store there is? */
import { WebSocket } from "@effect-websocket/client"
import { Transport } from "@effect-websocket/transport"
import * as Effect from "effect/Effect"

const trusts = (roots: "default" | "bundled") =>
  WebSocket.connect(process.argv[2]!, { tls: { roots } }).pipe(
    Effect.scoped,
    Effect.as("trusted"),
    Effect.catchReason("ConnectError", "TlsFailed", ({ problem }) => Effect.succeed(problem)),
    Effect.provide(Transport.layer)
  )

const found = await Effect.runPromise(Effect.all({ default: trusts("default"), bundled: trusts("bundled") }))
process.stdout.write(JSON.stringify(found))
