/** `@effect-websocket/client` with its defaults, and a message limit of 16 MiB. One message at a time is echoed. */
import { WebSocket } from "@effect-websocket/client"
import { Transport } from "@effect-websocket/transport"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { type Agent, maxMessageBytes } from "./Agent.ts"

export const make = ({ deflate }: { readonly deflate: boolean }): Agent => ({
  run: (url) =>
    Effect.runPromise(Effect.ignore(Effect.scoped(echo(url, deflate))).pipe(Effect.provide(Transport.layer)))
})

export const agent: Agent = make({ deflate: true })

/** The text that a control path of a fuzzing server says; undefined when it only closes. */
export const ask = (url: string): Promise<string | undefined> =>
  Effect.runPromise(
    // A real server writes its reports before it closes, and answers no ping meanwhile.
    WebSocket.stream(url, { keepAlive: false }).pipe(
      Stream.runCollect,
      Effect.map((messages) => messages.map(String).at(0)),
      Effect.provide(Transport.layer)
    )
  )

const echo = Effect.fnUntraced(function* (url: string, deflate: boolean) {
  const connection = yield* WebSocket.connect(url, {
    limits: { maxMessageBytes },
    ...(deflate ? {} : { compression: false })
  })
  yield* Stream.runForEach(connection.messages, (message) => connection.send(message))
})
