import { WebSocket } from "@effect-websocket/client"
import { TlsCheck, type TlsServer } from "@effect-websocket/transport"
import { Console, DateTime, Duration, Effect } from "effect"

/** Refuses whoever will soon need another certificate. */
const lastsAWeek = ({ certificate }: TlsServer) =>
  Effect.map(DateTime.now, (now) => {
    const left = certificate.validTo.getTime() - DateTime.toEpochMillis(now)
    return left > Duration.toMillis("7 days") ? undefined : `it is valid until ${certificate.validTo.toISOString()}`
  })

export const program = (url: string) =>
  WebSocket.connect(url, { tls: { ca: { path: "company-ca.pem" } } }).pipe(
    Effect.scoped,
    Effect.provideService(TlsCheck, lastsAWeek),
    Effect.catchReason("ConnectError", "TlsFailed", ({ detail, problem }) => Console.log(`${problem}: ${detail}`))
  )
