/**
 * What the clause tests share: our client in memory, and at its other end a server that is nothing but literal bytes.
 * Nonces are zeros, and so are masking keys where a test asks for no other, so that both directions read as hex.
 */
import { assert } from "@effect/vitest"
import { type ConnectError, type ConnectOptions, type Message, WebSocket } from "@effect-websocket/client"
import { layerPredictable } from "@effect-websocket/client/testing"
import { MemoryTransport } from "@effect-websocket/transport/testing"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import { failsWith, settle, start } from "../harness.ts"

/** The server's opening handshake, up to what follows its three headers. The key is that of a nonce of zeros. */
export const accepts = [
  "HTTP/1.1 101 Switching Protocols",
  "Upgrade: websocket",
  "Connection: Upgrade",
  "Sec-WebSocket-Accept: ICX+Yqv66kxgM0FcWaLWlFLwTAI="
]

export const head = (lines: ReadonlyArray<string>): Uint8Array => Buffer.from([...lines, "", ""].join("\r\n"), "latin1")

export const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replaceAll(/\s/g, ""), "hex"))

/** A client that has sent its opening handshake. */
export const dialled = Effect.fnUntraced(function* (
  options: ConnectOptions = {},
  url = "ws://server.test/",
  maskingKey = 0
) {
  const network = yield* MemoryTransport.make()
  const scope = yield* Scope.make()
  const connecting = yield* start(
    WebSocket.connect(url, options).pipe(
      Effect.provide([network.layer, layerPredictable(maskingKey)]),
      Scope.provide(scope)
    )
  )
  const wire = yield* network.accept
  yield* Effect.addFinalizer(() =>
    Effect.andThen(
      Effect.sync(() => wire.reset()),
      Scope.close(scope, Exit.void)
    )
  )
  const request = Buffer.from(yield* Effect.orDie(wire.take)).toString("latin1")
  return { connecting, wire, request }
})

export interface Opening {
  readonly client?: ConnectOptions
  /** The Sec-WebSocket-Extensions header of the server's answer. */
  readonly extensions?: string
  readonly maskingKey?: number
}

/** An open connection. */
export const opened = Effect.fnUntraced(function* ({ client, extensions, maskingKey }: Opening = {}) {
  const { connecting, wire } = yield* dialled({ keepAlive: false, ...client }, undefined, maskingKey)
  wire.send(head(extensions === undefined ? accepts : [...accepts, `Sec-WebSocket-Extensions: ${extensions}`]))
  const socket = yield* Fiber.join(connecting)
  let seen = wire.written().length
  /** What the client has written since the last look, as hex. */
  const sent = Effect.map(settle, () => {
    const written = wire.written()
    const fresh = Buffer.from(written.subarray(seen)).toString("hex")
    seen = written.length
    return fresh
  })
  return { socket, wire, sent, says: (frames: string) => wire.send(hex(frames)) }
})

/** The client's frame of this header and payload, when its masking key is zero. */
export const masked = (first: string, payload = ""): string => {
  const { length } = hex(payload)
  return `${first}${(0x80 | length).toString(16)}00000000${payload.replaceAll(" ", "")}`
}

/** These frames break this rule, so the client says why and ends the byte stream (RFC 6455 §7.1.7). */
export const fails: (
  frames: string,
  rule: string,
  closeCode?: number,
  opening?: Opening
) => Effect.Effect<void, ConnectError | Message, Scope.Scope> = Effect.fnUntraced(function* (
  frames,
  rule,
  closeCode = 1002,
  opening
) {
  const { socket, sent, says, wire } = yield* opened(opening)
  says(frames)
  yield* failsWith(socket.receive, { _tag: "ProtocolViolation", rule, closeCode })
  assert.strictEqual(yield* sent, masked("88", closeCode.toString(16).padStart(4, "0")))
  yield* wire.ended
})

/** These frames are this message. */
export const delivers = Effect.fnUntraced(function* (frames: string, message: string | Uint8Array, opening?: Opening) {
  const { socket, says } = yield* opened(opening)
  says(frames)
  assert.deepStrictEqual(yield* socket.receive, message)
})
