/** RFC 7692 §6, Framing: where the "Per-Message Compressed" bit (RSV1) may stand. */
import { assert, describe, it } from "@effect/vitest"
import type { Connection, Message } from "@effect-websocket/client"
import * as Effect from "effect/Effect"
import { start } from "../harness.ts"
import { delivers, fails, hex, opened } from "./wire.ts"

const deflate = { extensions: "permessage-deflate" }

describe("§6: an endpoint that receives RSV1 on a control frame MUST fail the connection", () => {
  for (const frames of ["c900", "ca00", "c800", "c901 70", "4103 f248cd c900"]) {
    it.effect(frames, () => fails(frames, "ReservedBits", 1002, deflate))
  }
})

describe("§6: an endpoint that receives RSV1 on a fragment that is not the first MUST fail the connection", () => {
  for (const frames of ["4103 f248cd c004 c9c90700", "4103 f248cd 4001 c9", "0101 61 c001 62"]) {
    it.effect(frames, () => fails(frames, "ReservedBits", 1002, deflate))
  }
})

describe("§6: an endpoint MUST NOT set RSV1 on control frames", () => {
  const ways: Readonly<Record<string, (socket: Connection) => Effect.Effect<unknown, unknown>>> = {
    "89": (socket) => socket.ping(new Uint8Array(100)),
    "8a": (socket) => socket.pong(new Uint8Array(100)),
    "88": (socket) => socket.close(1000, "a".repeat(100))
  }
  for (const [first, send] of Object.entries(ways)) {
    it.effect(first, () =>
      Effect.gen(function* () {
        const { sent, socket } = yield* opened(deflate)
        yield* start(send(socket))
        assert.strictEqual((yield* sent).slice(0, 2), first)
      })
    )
  }
})

describe("§6.1: RSV1 of the first frame says whether the message is compressed", () => {
  it.effect("set, on a message that is", () =>
    Effect.gen(function* () {
      const { sent, socket } = yield* opened(deflate)
      yield* socket.send("Hello")
      yield* socket.send(hex("48656c6c6f"))
      assert.match(yield* sent, /^c187.{8}.{14}c2/)
    })
  )

  it.effect("clear, on one that is sent as it is", () =>
    Effect.gen(function* () {
      const { sent, socket } = yield* opened(deflate)
      yield* socket.send("Hello", { compress: false })
      assert.strictEqual(yield* sent, "81850000000048656c6c6f")
    })
  )
})

describe("§6.2: to receive a message", () => {
  const rows: ReadonlyArray<readonly [clause: string, frames: string, message: Message]> = [
    ["RSV1 clear: the payload is the message", "8105 48656c6c6f", "Hello"],
    ["RSV1 set: it MUST be decompressed", "c107 f248cdc9c90700", "Hello"],
    ["the fragments of a message are concatenated first", "4103 f248cd 8004 c9c90700", "Hello"],
    ["a control frame may stand between them", "4103 f248cd 8a00 8004 c9c90700", "Hello"],
    ["the type is the first frame's", "c207 f248cdc9c90700", hex("48656c6c6f")]
  ]
  for (const [clause, frames, message] of rows) it.effect(clause, () => delivers(frames, message, deflate))

  it.effect("compressed and uncompressed messages may alternate", () =>
    Effect.gen(function* () {
      const { says, socket } = yield* opened(deflate)
      says("c107 f248cdc9c90700 8101 61 c105 f200110000 8101 62")
      assert.deepStrictEqual(yield* socket.receiveN(4), ["Hello", "a", "Hello", "b"])
    })
  )

  it.effect("text MUST be UTF-8 once it is decompressed", () => fails("c103 fa0700", "InvalidUtf8", 1007, deflate))
})
