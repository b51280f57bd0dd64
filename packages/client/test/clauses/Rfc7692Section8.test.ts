/** RFC 7692 §8, Security Considerations: secrets beside what a stranger chooses, and messages that grow. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { failsWith } from "../harness.ts"
import { hex, masked, opened } from "./wire.ts"

const deflate = { extensions: "permessage-deflate" }

describe("§8: compression can tell a secret by its length, so it can be left out", () => {
  it.effect("for a message", () =>
    Effect.gen(function* () {
      const { sent, socket } = yield* opened(deflate)
      yield* socket.send("Hello")
      assert.match(yield* sent, /^c1/)
      yield* socket.send("Hello", { compress: false })
      assert.strictEqual(yield* sent, masked("81", "48656c6c6f"))
    })
  )

  it.effect("and such a message is not in the window of later ones", () =>
    Effect.gen(function* () {
      const { sent, socket } = yield* opened(deflate)
      yield* socket.send("the secret", { compress: false })
      yield* sent
      yield* socket.send("the secret")
      const after = yield* sent
      const fresh = yield* opened(deflate)
      yield* fresh.socket.send("the secret")
      assert.strictEqual(after, yield* fresh.sent)
    })
  )
})

describe("§8: limits hold for what a message becomes, not for what it was on the wire", () => {
  for (const [how, frames] of [
    ["in one frame", "c20b 62601805a360140c770000"],
    ["in fragments", "4204 62601805 8007 a360140c770000"]
  ] as const) {
    it.effect(how, () =>
      Effect.gen(function* () {
        const { says, sent, socket } = yield* opened({ ...deflate, client: { limits: { maxMessageBytes: 100 } } })
        says(frames)
        yield* failsWith(socket.receive, { _tag: "MessageTooBig", limit: "maxMessageBytes", allowed: 100 })
        assert.strictEqual(yield* sent, masked("88", "03f1"))
      })
    )
  }
})

it.effect("§8: bytes that are no DEFLATE harm nothing but their connection", () =>
  Effect.gen(function* () {
    const { socket, wire } = yield* opened(deflate)
    const other = yield* opened(deflate)
    wire.send(hex("c104 ffffffff"))
    yield* failsWith(socket.receive, { _tag: "ProtocolViolation", rule: "InvalidDeflate" })
    other.says("c107 f248cdc9c90700")
    assert.strictEqual(yield* other.socket.receive, "Hello")
  })
)
