/** permessage-deflate with Debian's python3-websockets: every combination of the parameters that it supports. */
import { assert, describe, layer } from "@effect/vitest"
import type { ConnectOptions } from "@effect-websocket/client"
import { Transport } from "@effect-websocket/transport"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { combinations, comeBack, records, repetitive } from "../../packages/client/test/interop.ts"
import * as Python from "./Python.ts"

type Terms = ReturnType<typeof combinations>[number]

/** As `server.py` reads them: names as on the wire, 0 and 1 for flags. */
const queryOf = (terms: Terms) =>
  Object.entries(terms)
    .map(([name, value]) => `${name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}=${Number(value)}`)
    .join("&")

/** The parameters that an answer to these terms has. */
const expected = ({
  clientMaxWindowBits,
  clientNoContextTakeover,
  serverMaxWindowBits,
  serverNoContextTakeover
}: Terms) =>
  [
    ...(serverNoContextTakeover ? ["server_no_context_takeover"] : []),
    ...(clientNoContextTakeover ? ["client_no_context_takeover"] : []),
    ...(serverMaxWindowBits === undefined ? [] : [`server_max_window_bits=${serverMaxWindowBits}`]),
    ...(clientMaxWindowBits === undefined ? [] : [`client_max_window_bits=${clientMaxWindowBits}`])
  ].sort()

const asksNothing: Terms = { serverNoContextTakeover: false, clientNoContextTakeover: false }

const connect = Python.connectOver("plain")

/** Every message comes back as it was, by the terms that are expected. */
const converse = Effect.fnUntraced(function* (asked: Terms, agreed: Terms, options: ConnectOptions = {}) {
  const socket = yield* connect(`/echo?${queryOf(asked)}`, options)
  const [name, ...parameters] = socket.extensions!.split("; ")
  assert.strictEqual(name, "permessage-deflate")
  assert.deepStrictEqual(parameters.sort(), expected(agreed))
  yield* comeBack(socket, repetitive)
  assert.isTrue((yield* socket.close()).clean)
}, Effect.scoped)

layer(Layer.mergeAll(Python.Python.layer, Transport.layer), { excludeTestServices: true })((it) => {
  describe("python3-websockets compresses by the terms that", () => {
    for (const terms of combinations()) {
      const shown = JSON.stringify(terms)
      it.effect(`it asks for: ${shown}`, () => converse(terms, terms))
      it.effect(`we offer: ${shown}`, () => converse(asksNothing, terms, { compression: { offers: [terms] } }))
    }
  })

  it.effect("1,000 small messages, sent while their echoes come", () =>
    Effect.gen(function* () {
      const socket = yield* connect("/echo")
      yield* Console.log(`python3-websockets agrees by default to ${socket.extensions}`)
      const sent = Array.from({ length: 1_000 }, (_, id) => JSON.stringify({ id, kind: "tick", price: id % 10 }))
      yield* Effect.forkChild(Effect.forEach(sent, (message) => socket.send(message), { discard: true }))
      for (const message of sent) assert.strictEqual(yield* socket.receive, message)
    })
  )

  it.effect("messages that we send as they are come back", () =>
    Effect.gen(function* () {
      const socket = yield* connect("/echo")
      for (const compress of [true, false, true]) {
        yield* socket.send(records, { compress })
        assert.isTrue((yield* socket.receive) === records)
      }
    })
  )
})
