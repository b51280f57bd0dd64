/** What the client says, whoever the echo server is: connect, talk, ping, say goodbye. */
import { type CloseInfo, type Connection, type ConnectOptions, type Message, WebSocket } from "@effect-websocket/client"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import { milliseconds, step } from "./narrate.ts"
import { pleaseClose } from "./servers.ts"

export interface Conversation {
  readonly options?: ConnectOptions
  /** Who says goodbye first. An embedded server does when it is asked to, in words. */
  readonly closeFrom: "us" | "peer"
}

export const conversation = Effect.fnUntraced(function* (url: string, { closeFrom, options }: Conversation) {
  const [took, socket] = yield* Effect.timed(WebSocket.connect(url, options))
  const { status } = socket.response
  yield* step("connected", `in ${milliseconds(took)}; the server agreed to speak WebSocket (HTTP ${status})`)
  const { tls } = socket.info
  if (tls) yield* step("secured", `with ${tls.version} (${tls.cipher}); the server proved its name`)

  for (const [what, message] of messages) {
    const [took] = yield* Effect.timed(exchange(socket, what, message))
    yield* step(what, `sent ${sizeOf(message)}; the same came back after ${milliseconds(took)}`)
  }
  yield* step("ping", `"are you there?", answered after ${milliseconds(yield* socket.ping())}`)

  if (closeFrom === "peer") yield* socket.send(pleaseClose)
  const end = closeFrom === "us" ? yield* socket.close(1000, "thank you") : yield* socket.closed
  yield* step("closed", goodbye(end))
}, Effect.scoped)

/** Sends the message and waits until it comes back. What comes before it, such as a greeting, is left aside. */
const exchange = (socket: Connection, what: string, message: Message) =>
  Effect.andThen(
    socket.send(message),
    Effect.repeat(socket.receive, { until: (echo) => equal(echo, message) }).pipe(
      Effect.timeoutOrElse({ duration: "10 seconds", orElse: () => Effect.fail(new NoEcho({ what })) })
    )
  )

/** The server took a message, and did not send the same back. */
class NoEcho extends Data.TaggedError("NoEcho")<{ readonly what: string }> {
  override get message() {
    return `The server is no echo server: ${this.what} did not come back within 10 seconds`
  }
}

const messages: ReadonlyArray<readonly [what: string, message: Message]> = [
  ["text", "Hello, world!"],
  ["unicode", "Grüße, 世界 🌍"],
  ["binary", Uint8Array.from({ length: 256 }, (_, i) => i)],
  ["1 MiB", new Uint8Array(0x100000).fill(0x2a)]
]

const sizeOf = (message: Message): string =>
  typeof message === "string" ? `"${message}"` : `${message.length.toLocaleString("en")} bytes`

const equal = (a: Message, b: Message): boolean =>
  typeof a === "string" || typeof b === "string"
    ? a === b
    : a.length === b.length && a.every((byte, i) => byte === b[i])

const goodbye = ({ by, clean, closeCode, received, sent }: CloseInfo): string => {
  if (!clean) return `the connection ended without a goodbye (code ${closeCode})`
  const [first, second, frame] = by === "us" ? ["we", "the server", sent] : ["the server", "we", received]
  const words = frame?.closeReason ? `, "${frame.closeReason}"` : ""
  return `${first} said goodbye (code ${closeCode}${words}) and ${second} answered: nothing was lost`
}
