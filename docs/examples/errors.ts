import { WebSocket } from "@effect-websocket/client"
import { Console, Effect, Stream } from "effect"

export const listen = (url: string) =>
  WebSocket.stream(url).pipe(
    Stream.runForEach(Console.log),
    Effect.catchTag("ConnectionClosed", (closed) => Console.log(`closed with ${closed.closeCode} by ${closed.by}`)),
    Effect.catchTag("MessageTooBig", (big) => Console.log(`${big.limit}: ${big.seen} of ${big.allowed}`)),
    Effect.catchReason("ConnectError", "HandshakeRejected", (refusal) => Console.log(`HTTP ${refusal.status}`))
  )
