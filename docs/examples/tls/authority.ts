import { WebSocket } from "@effect-websocket/client"
import { Console, Effect } from "effect"

export const program = (url: string) =>
  WebSocket.connect(url, { tls: { ca: { path: "company-ca.pem" } } }).pipe(
    Effect.flatMap(({ info }) => Console.log(`verified to be ${info.tls?.verifiedName}`)),
    Effect.scoped,
    Effect.catchReason("ConnectError", "TlsFailed", ({ message }) => Console.log(message))
  )
