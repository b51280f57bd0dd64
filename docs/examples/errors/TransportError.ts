import { Transport } from "@effect-websocket/transport"
import { Console, Effect } from "effect"

export const program = Transport.use((transport) =>
  transport.open({ host: "localhost", port: 8080, report: () => {} })
).pipe(
  Effect.scoped,
  Effect.catchReason("TransportError", "Refused", ({ address }) => Console.log(`nobody listens at ${address}`))
)
