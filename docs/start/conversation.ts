/** What the client says, whoever the echo server is. */
import { type ConnectOptions, type Message, WebSocket } from "@effect-websocket/client"
import * as Console from "effect/Console"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

export interface Conversation {
  /** Who sends the first Close. An embedded server closes when it is asked to, in words. */
  readonly closeFrom: "us" | "peer"
  readonly options?: ConnectOptions
}

export const conversation = Effect.fnUntraced(function* (url: string, { closeFrom, options }: Conversation) {
  const [took, socket] = yield* Effect.timed(WebSocket.connect(url, options))
  const { tls } = socket.info
  const secured = tls === undefined ? "" : `, ${tls.version} with ${tls.cipher}`
  yield* Console.log(`  connected to ${socket.url} in ${milliseconds(took)} (HTTP ${socket.response.status}${secured})`)

  for (const [what, message] of messages) {
    yield* socket.send(message)
    const echo = yield* socket.receive
    const [same, size] = [
      equal(echo, message),
      `${message.length} ${typeof message === "string" ? "characters" : "bytes"}`
    ]
    if (!same) return yield* Effect.die(`The server is no echo server: ${what} came back changed`)
    yield* Console.log(`  sent ${what}, ${size}; the same came back`)
  }

  const roundTrip = yield* socket.ping()
  yield* Console.log(`  a ping came back after ${milliseconds(roundTrip)}`)

  if (closeFrom === "peer") yield* socket.send("please close")
  const end = closeFrom === "us" ? yield* socket.close(1000, "thank you") : yield* socket.closed
  yield* Console.log(
    `  closed by ${end.by} with ${end.closeCode}, ${end.clean ? "both Close frames seen" : "not cleanly"}`
  )
}, Effect.scoped)

const messages: ReadonlyArray<readonly [what: string, message: Message]> = [
  ["text", "Hello, world!"],
  ["unicode", "Grüße, 世界 🌍"],
  ["binary", Uint8Array.from({ length: 256 }, (_, i) => i)],
  ["a large binary message", new Uint8Array(0x100000).fill(0x2a)]
]

const equal = (a: Message, b: Message): boolean =>
  typeof a === "string" || typeof b === "string"
    ? a === b
    : a.length === b.length && a.every((byte, i) => byte === b[i])

const milliseconds = (duration: Duration.Duration): string => `${Duration.toMillis(duration).toFixed(1)} ms`
