/** Fragments both ways with the npm package `ws`, with compression and without. */
import { assert, describe, it } from "@effect/vitest"
import { type Message, WebSocket } from "@effect-websocket/client"
import { Transport } from "@effect-websocket/transport"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import type { WebSocket as Ws } from "ws"
import { equal } from "./interop.ts"
import { serve as serveWith } from "./wsServer.ts"

const lines = Array.from({ length: 500 }, (_, i) => `line ${i}: Grüße, 世界 😀\n`)
const large = new Uint8Array(300_000).map((_, i) => i % 251)

for (const deflate of [false, true]) {
  const serve = (handle: (peer: Ws) => void) => serveWith(handle, { perMessageDeflate: deflate })

  describe(`ws, ${deflate ? "with" : "without"} permessage-deflate`, () => {
    it.live("takes what sendFragments sends as one message each, with pings in between", () =>
      Effect.gen(function* () {
        const received = yield* Queue.bounded<Message>(8)
        const url = yield* serve((peer) => {
          peer.on("message", (data: Buffer, isBinary) =>
            Queue.offerUnsafe(received, isBinary ? new Uint8Array(data) : data.toString())
          )
        })
        const socket = yield* WebSocket.connect(url)
        assert.strictEqual(socket.extensions !== undefined, deflate)
        const pinged = Stream.mapEffect(Stream.fromIterable(lines), (line, i) =>
          Effect.as(i % 100 === 0 ? Effect.asVoid(socket.ping()) : Effect.void, line)
        )
        yield* socket.sendFragments("text", pinged)
        yield* socket.sendFragments("binary", Stream.make(large.subarray(0, 7), large.subarray(7)))
        yield* socket.sendFragments("text", Stream.empty)
        yield* socket.send("after")
        assert.strictEqual(yield* Queue.take(received), lines.join(""))
        assert.isTrue(equal(yield* Queue.take(received), large))
        assert.strictEqual(yield* Queue.take(received), "")
        assert.strictEqual(yield* Queue.take(received), "after")
      }).pipe(Effect.provide(Transport.layer))
    )

    it.live("takes messages that fragmentBytes cuts", () =>
      Effect.gen(function* () {
        const url = yield* serve((peer) => {
          peer.on("message", (data, isBinary) => peer.send(data, { binary: isBinary }))
        })
        const socket = yield* WebSocket.connect(url, { fragmentBytes: 1000 })
        for (const message of [lines.join(""), large, "short"]) {
          yield* socket.send(message)
          assert.isTrue(equal(yield* socket.receive, message))
        }
      }).pipe(Effect.provide(Transport.layer))
    )

    const send = (peer: Ws) => {
      for (const [i, line] of lines.entries()) peer.send(line, { fin: i === lines.length - 1, binary: false })
      peer.send(large, { binary: true })
      peer.ping("behind")
      peer.close(1000, "done")
    }

    it.live("its fragments are delivered as they come", () =>
      Effect.gen(function* () {
        const url = yield* serve(send)
        const fragments = yield* Stream.runCollect(WebSocket.stream(url, { delivery: "fragments" }))
        const texts = fragments.filter((fragment) => fragment.kind === "text")
        const binary = fragments.filter((fragment) => fragment.kind === "binary")
        assert.strictEqual(texts.map(({ data }) => data).join(""), lines.join(""))
        assert.isAtLeast(texts.length, lines.length)
        assert.isTrue(equal(new Uint8Array(Buffer.concat(binary.map(({ data }) => data))), large))
        assert.deepStrictEqual(
          fragments.filter(({ last }) => last),
          [texts.at(-1), binary.at(-1)]
        )
      }).pipe(Effect.provide(Transport.layer))
    )

    it.live("its frames are delivered whole, control frames among them", () =>
      Effect.gen(function* () {
        const url = yield* serve(send)
        const frames = yield* Stream.runCollect(WebSocket.stream(url, { delivery: "frames" }))
        assert.deepStrictEqual(
          frames.map(({ opcode }) => opcode),
          ["text", ...lines.slice(1).map(() => "continuation" as const), "binary", "ping", "close"]
        )
        assert.strictEqual(
          Buffer.concat(frames.slice(0, lines.length).map(({ payload }) => payload)).toString(),
          lines.join("")
        )
        assert.isTrue(equal(frames.at(-3)!.payload, large))
        assert.strictEqual(Buffer.from(frames.at(-1)!.payload.subarray(2)).toString(), "done")
      }).pipe(Effect.provide(Transport.layer))
    )
  })
}
