/** Where a dial goes to, in words that can be dialled again. */
import { assert, describe, it } from "@effect/vitest"
import { type DialStep, Refused, Transport, TransportError } from "@effect-websocket/transport"
import * as Effect from "effect/Effect"
import * as Socket from "effect/socket/Socket"

const address = "[::1]:443"
const refused = Object.assign(new Error("no"), { code: "ECONNREFUSED" })
const notOpened = new Socket.SocketError({ reason: new Socket.SocketOpenError({ kind: "Unknown", cause: refused }) })
const error = new TransportError({ reason: new Refused({ address }) })

const layers = {
  "effect/socket": Transport.layerSocket(() => Effect.fail(notOpened)),
  "a duplex": Transport.layerDuplex(() => Effect.fail(error)),
  "streams of the program's own": Transport.layerStream(() => Effect.fail(error))
}

describe("an IPv6 address and a port are written with brackets, over", () => {
  for (const [over, layer] of Object.entries(layers)) {
    it.live(over, () =>
      Effect.gen(function* () {
        const steps: Array<DialStep> = []
        const target = { host: "::1", port: 443, report: (step: DialStep) => steps.push(step) }
        yield* Effect.flip(Transport.use((transport) => transport.open(target)))
        assert.deepStrictEqual(
          steps.map(({ detail }) => detail),
          [address, address]
        )
      }).pipe(Effect.provide(layer))
    )
  }

  it.live("effect/socket, in the error too", () =>
    Effect.gen(function* () {
      const target = { host: "::1", port: 443, report: () => {} }
      const { reason } = yield* Effect.flip(Transport.use((transport) => transport.open(target)))
      assert.deepInclude(reason, { _tag: "Refused", address })
    }).pipe(Effect.provide(layers["effect/socket"]))
  )
})
