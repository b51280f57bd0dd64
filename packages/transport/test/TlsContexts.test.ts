/** A context that the program makes: when it is asked for one, and what becomes of what it throws. */
import { readFileSync } from "node:fs"
import * as Tls from "node:tls"
import { assert, describe, it } from "@effect/vitest"
import { type DialStep, TlsContext, Transport } from "@effect-websocket/transport"
import * as Effect from "effect/Effect"
import { authority, dial, good, problemOf, server } from "./tls.ts"

describe("TlsContext", () => {
  it.live("is asked for by peer, and undefined leaves it to the options", () =>
    Effect.gen(function* () {
      const { port } = yield* server(good)
      const asked: Array<unknown> = []
      const none = Effect.provideService(TlsContext, (peer) => void asked.push(peer.host, peer.port))
      yield* none(dial(port, { ca: authority.cert }))
      assert.deepStrictEqual(asked, ["127.0.0.1", port])
    }).pipe(Effect.provide(Transport.layer))
  )

  it.live("suffers no option beside it that would have no effect", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(
        Effect.provideService(dial(1, { ca: authority.cert }), TlsContext, () => Tls.createSecureContext())
      )
      assert.strictEqual(problemOf(error), "bad option")
      assert.include(error.message, "ca: ")
    }).pipe(Effect.provide(Transport.layer))
  )

  const throwing: Record<string, readonly [make: () => Tls.SecureContext, detail: string]> = {
    "a certificate that Node cannot use": [() => Tls.createSecureContext({ cert: "secret" }), ""],
    "a file that is not there": [() => Tls.createSecureContext({ ca: readFileSync("/no/such/file.pem") }), "ENOENT"],
    "no error at all": [
      () => {
        throw "nothing today"
      },
      "nothing today"
    ]
  }
  for (const [what, [make, detail]] of Object.entries(throwing)) {
    it.live(`that throws, of ${what}, fails as certificates among the options do, before anything is dialled`, () =>
      Effect.gen(function* () {
        const steps: Array<DialStep> = []
        const error = yield* Effect.flip(Effect.provideService(dial(1, {}, steps), TlsContext, make))
        assert.strictEqual(problemOf(error), "bad certificate file")
        assert.include(error.message, `): TlsContext: ${detail}`)
        assert.notInclude(error.message, "secret")
        assert.deepStrictEqual(steps, [])
      }).pipe(Effect.provide(Transport.layer))
    )
  }
})
