/**
 * One message in fragments (RFC 6455 §5.4): what is on the wire and when, who waits, and what becomes of a Stream that
 * does not come to its end.
 */
import { assert, describe, it } from "@effect/vitest"
import { type Connection, InvalidMessage, type Message } from "@effect-websocket/client"
import { Pair } from "@effect-websocket/client/testing"
import { FrameDecoder, Opcode, Platform } from "@effect-websocket/core"
import type { Peer } from "@effect-websocket/transport/testing"
import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import { bytes, failsWith, isWaiting, settle, start } from "./harness.ts"

/** The frames that a client wrote behind its handshake, such as `text fin "a"`. */
const framesOf = (wire: Peer) =>
  Effect.map(settle, () => {
    const written = wire.written()
    const decoder = new FrameDecoder.FrameDecoder({ role: "server", rsv1: true, mask: Platform.pure.mask })
    const head = Buffer.from(written).indexOf("\r\n\r\n") + 4
    const frames: Array<string> = []
    decoder.push(written.slice(head))
    while (decoder.next() === decoder) {
      const { fin, opcode, rsv1 } = decoder.header
      const payload = rsv1
        ? "compressed"
        : JSON.stringify(Buffer.from(decoder.bytes.subarray(decoder.start, decoder.end)).toString())
      frames.push(`${Opcode.names[opcode]}${fin ? " fin" : ""} ${payload}`)
    }
    return frames
  })

/** A Stream that a test feeds while it is sent. */
const sendFed = Effect.fnUntraced(function* (socket: Connection, kind: "text" | "binary" = "text") {
  const queue = yield* Queue.make<Message, Cause.Done | "broken">()
  const sending = yield* start(Effect.exit(socket.sendFragments(kind, Stream.fromQueue(queue))))
  return { sending, queue }
})

describe("on the wire", () => {
  it.effect("each element at once, and the end as an empty fragment", () =>
    Effect.gen(function* () {
      const { socket, wire } = yield* Pair.open()
      const { queue, sending } = yield* sendFed(socket)
      assert.deepStrictEqual(yield* framesOf(wire), [])
      yield* Queue.offer(queue, "Gr")
      assert.deepStrictEqual(yield* framesOf(wire), ['text "Gr"'])
      yield* Queue.offer(queue, "ü")
      yield* Queue.end(queue)
      assert.isTrue(Exit.isSuccess(yield* Fiber.join(sending)))
      assert.deepStrictEqual(yield* framesOf(wire), ['text "Gr"', 'continuation "ü"', 'continuation fin ""'])
    })
  )

  it.effect("an empty Stream is an empty message, and empty elements send nothing", () =>
    Effect.gen(function* () {
      const { socket, wire } = yield* Pair.open()
      yield* socket.sendFragments("binary", Stream.empty)
      yield* socket.sendFragments("text", Stream.make("", new Uint8Array(0)))
      assert.deepStrictEqual(yield* framesOf(wire), ['binary fin ""', 'text fin ""'])
    })
  )

  it.effect("a surrogate pair that is cut is sent when it is whole, a character in bytes as it is cut", () =>
    Effect.gen(function* () {
      const { server, socket, wire } = yield* Pair.open()
      yield* socket.sendFragments("text", Stream.make("a\ud83d", "\ude00b"))
      assert.deepStrictEqual(yield* framesOf(wire), ['text "a"', 'continuation "😀b"', 'continuation fin ""'])
      yield* socket.sendFragments("text", Stream.make(Uint8Array.of(0xc3), Uint8Array.of(0xbc)))
      assert.deepStrictEqual(yield* server.next, { _tag: "Message", message: "a😀b" })
      assert.deepStrictEqual(yield* server.next, { _tag: "Message", message: "ü" })
    })
  )

  it.effect("compressed where that was agreed, with the context of the messages before and after", () =>
    Effect.gen(function* () {
      const { server, socket, wire } = yield* Pair.open({ server: { compression: true } })
      const line = "the same line, again and again. "
      yield* socket.send(line)
      yield* socket.sendFragments("text", Stream.make(line, line))
      yield* socket.sendFragments("binary", Stream.empty)
      yield* socket.send(line)
      yield* socket.sendFragments("text", Stream.make("plain"), { compress: false })
      for (const message of [line, line + line, new Uint8Array(0), line, "plain"]) {
        assert.deepStrictEqual(yield* server.next, { _tag: "Message", message })
      }
      const frames = yield* framesOf(wire)
      assert.deepStrictEqual(frames.slice(-2), ['text "plain"', 'continuation fin ""'])
      assert.strictEqual(frames.filter((frame) => frame.includes("compressed")).length, 4)
    })
  )

  it.effect("an element larger than fragmentBytes is cut as messages are", () =>
    Effect.gen(function* () {
      const { socket, wire } = yield* Pair.open({ client: { fragmentBytes: 2 } })
      yield* socket.sendFragments("text", Stream.make("abcde"))
      yield* socket.send("abc")
      yield* socket.send("a")
      yield* socket.send(bytes("ab"), { kind: "text" })
      assert.deepStrictEqual(yield* framesOf(wire), [
        'text "ab"',
        'continuation "cd"',
        'continuation "e"',
        'continuation fin ""',
        'text "ab"',
        'continuation fin "c"',
        'text fin "a"',
        'text fin "ab"'
      ])
    })
  )
})

describe("who waits", () => {
  it.effect("other data until the last fragment, pings and pongs not at all", () =>
    Effect.gen(function* () {
      const { server, socket, wire } = yield* Pair.open()
      const { queue } = yield* sendFed(socket)
      yield* Queue.offer(queue, "a")
      yield* settle
      const other = yield* start(socket.send("other"))
      const second = yield* start(socket.sendFragments("text", Stream.make("second")))
      const ping = yield* start(socket.ping(bytes("ping")))
      yield* socket.pong(bytes("pong"))
      yield* server.ping(bytes("from the server"))
      assert.isTrue(yield* isWaiting(other))
      assert.isTrue(yield* isWaiting(second))
      const between = ['text "a"', 'ping fin "ping"', 'pong fin "pong"', 'pong fin "from the server"']
      assert.deepStrictEqual(yield* framesOf(wire), between)
      yield* Queue.offer(queue, "b")
      yield* Queue.end(queue)
      yield* Fiber.join(other)
      yield* Fiber.join(second)
      assert.deepStrictEqual(yield* framesOf(wire), [
        ...between,
        'continuation "b"',
        'continuation fin ""',
        'text fin "other"',
        'text "second"',
        'continuation fin ""'
      ])
      for (const message of ["ab", "other", "second"]) {
        while (true) {
          const event = yield* server.next
          if (event._tag !== "Message") continue
          assert.strictEqual(event.message, message)
          break
        }
      }
      assert.isFalse(yield* isWaiting(ping))
    })
  )

  it.effect("it waits in line itself, and nobody waits for a Stream that has not begun", () =>
    Effect.gen(function* () {
      const { socket, wire } = yield* Pair.open()
      const { queue } = yield* sendFed(socket)
      yield* socket.send("first")
      yield* Queue.offer(queue, "a")
      assert.deepStrictEqual(yield* framesOf(wire), ['text fin "first"', 'text "a"'])
    })
  )

  it.effect("a peer that does not read holds the Stream back", () =>
    Effect.gen(function* () {
      const { server, socket, wire } = yield* Pair.open()
      let pulled = 0
      const endless = Stream.fromEffectRepeat(Effect.sync(() => new Uint8Array(10_000).fill(++pulled)))
      wire.stall()
      const sending = yield* start(socket.sendFragments("binary", Stream.take(endless, 50)))
      assert.isTrue(yield* isWaiting(sending))
      assert.isBelow(pulled, 20)
      const ping = yield* start(socket.ping())
      wire.resume()
      yield* Fiber.join(sending)
      assert.strictEqual((yield* server.next)._tag, "Ping")
      const event = yield* server.next
      assert.strictEqual(event._tag === "Message" && event.message.length, 500_000)
      yield* Fiber.join(ping)
    })
  )

  it.effect("a large message that is cut lets pings through as well", () =>
    Effect.gen(function* () {
      const { server, socket, wire } = yield* Pair.open({ client: { fragmentBytes: 10_000 } })
      const message = new Uint8Array(500_000).fill(1)
      wire.stall()
      const sending = yield* start(socket.send(message))
      assert.isTrue(yield* isWaiting(sending))
      assert.isBelow(yield* socket.bufferedBytes, 100_000)
      const ping = yield* start(socket.ping())
      wire.resume()
      assert.strictEqual((yield* server.next)._tag, "Ping")
      assert.deepStrictEqual(yield* server.next, { _tag: "Message", message })
      yield* Fiber.join(sending)
      yield* Fiber.join(ping)
    })
  )

  it.effect("interrupted in its middle, a message that is cut is sent whole all the same", () =>
    Effect.gen(function* () {
      const { server, socket, wire } = yield* Pair.open({ client: { fragmentBytes: 10_000 } })
      const message = new Uint8Array(500_000).fill(1)
      wire.stall()
      const sending = yield* start(socket.sendAll([message, "not this"]))
      yield* settle
      yield* Fiber.interrupt(sending)
      message.fill(2)
      const next = yield* start(socket.send("next"))
      wire.resume()
      assert.deepStrictEqual(yield* server.next, { _tag: "Message", message: new Uint8Array(500_000).fill(1) })
      assert.deepStrictEqual(yield* server.next, { _tag: "Message", message: "next" })
      yield* Fiber.join(next)
    })
  )
})

describe("a Stream that does not come to its end", () => {
  it.effect("fails with its own failure; before the first fragment the connection goes on", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* Pair.open()
      assert.strictEqual(yield* Effect.flip(socket.sendFragments("text", Stream.fail("broken"))), "broken")
      yield* socket.send("next")
      assert.deepStrictEqual(yield* server.next, { _tag: "Message", message: "next" })
    })
  )

  it.effect("after it, the connection fails with 1011: whoever sends or takes learns", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* Pair.open()
      const { queue, sending } = yield* sendFed(socket)
      const taking = yield* start(Effect.exit(Stream.runDrain(socket.messages)))
      yield* Queue.offer(queue, "a")
      yield* settle
      const other = yield* start(Effect.flip(socket.send("other")))
      yield* Queue.fail(queue, "broken")
      assert.deepStrictEqual(yield* Fiber.join(sending), Exit.fail("broken" as const))
      assert.deepInclude(yield* server.next, { _tag: "Close", closeCode: 1011 })
      assert.deepInclude(yield* Fiber.join(other), { _tag: "ConnectionClosed", by: "us" })
      yield* server.end
      assert.isTrue(Exit.isFailure(yield* Fiber.join(taking)))
      assert.deepInclude(yield* socket.closed, { by: "us", sent: { closeCode: 1011, closeReason: "" } })
    })
  )

  it.effect("interrupted after it, too, and without waiting for the peer", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* Pair.open({ server: { mute: true } })
      const queue = yield* Queue.make<string>()
      const sending = yield* start(socket.sendFragments("text", Stream.fromQueue(queue)))
      yield* Queue.offer(queue, "a")
      yield* settle
      yield* Fiber.interrupt(sending)
      assert.deepInclude(yield* server.next, { _tag: "Close", closeCode: 1011 })
      yield* failsWith(socket.send("next"), { _tag: "ConnectionClosed", by: "us" })
    })
  )

  it.effect("interrupted before it, nothing was sent and others go on", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* Pair.open()
      const waiting = yield* start(socket.sendFragments("text", Stream.never))
      yield* Fiber.interrupt(waiting)
      const first = yield* sendFed(socket)
      yield* Queue.offer(first.queue, "a")
      yield* settle
      const inLine = yield* start(socket.sendFragments("text", Stream.make("b")))
      yield* settle
      yield* Fiber.interrupt(inLine)
      yield* Queue.end(first.queue)
      yield* socket.send("next")
      assert.deepStrictEqual(yield* server.next, { _tag: "Message", message: "a" })
      assert.deepStrictEqual(yield* server.next, { _tag: "Message", message: "next" })
    })
  )

  it.effect("while the peer closes, it fails as every send does, and its Stream is interrupted", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* Pair.open()
      let released = false
      const slow = Stream.concat(Stream.make("a"), Stream.never).pipe(
        Stream.ensuring(
          Effect.sync(() => {
            released = true
          })
        )
      )
      const sending = yield* start(Effect.flip(socket.sendFragments("text", slow)))
      yield* settle
      yield* server.close(1000)
      assert.deepInclude(yield* Fiber.join(sending), { _tag: "ConnectionClosed", by: "peer" })
      assert.isTrue(released)
      yield* server.end
      assert.deepInclude(yield* socket.closed, { closeCode: 1000, by: "peer" })
    })
  )
})

describe("what is not legal", () => {
  const table: ReadonlyArray<readonly [rule: string, elements: ReadonlyArray<Message>]> = [
    ["LoneSurrogate", ["\ude00"]],
    ["LoneSurrogate", ["\ud83d", "a"]],
    ["LoneSurrogate", ["\ud83d"]],
    ["NotUtf8", [Uint8Array.of(0xff)]],
    ["NotAMessage", [1 as never]]
  ]
  for (const [rule, elements] of table) {
    it.effect(`${rule} before the first fragment: nothing is sent, the connection goes on`, () =>
      Effect.gen(function* () {
        const { server, socket } = yield* Pair.open()
        const failure = yield* Effect.flip(socket.sendFragments("text", Stream.fromIterable(elements)))
        assert.instanceOf(failure, InvalidMessage)
        assert.strictEqual(failure.rule, rule)
        yield* socket.send("next")
        assert.deepStrictEqual(yield* server.next, { _tag: "Message", message: "next" })
      })
    )

    it.effect(`${rule} after it: the connection fails with 1011`, () =>
      Effect.gen(function* () {
        const { server, socket } = yield* Pair.open()
        yield* failsWith(socket.sendFragments("text", Stream.fromIterable(["a", ...elements])), { rule })
        assert.deepInclude(yield* server.next, { _tag: "Close", closeCode: 1011 })
      })
    )
  }
})

describe("send with a kind", () => {
  it.effect("bytes as text, a string as binary", () =>
    Effect.gen(function* () {
      const { server, socket, wire } = yield* Pair.open()
      yield* socket.send(bytes("ü"), { kind: "text" })
      yield* socket.sendAll(["ü", bytes("ü")], { kind: "binary" })
      assert.deepStrictEqual(yield* framesOf(wire), ['text fin "ü"', 'binary fin "ü"', 'binary fin "ü"'])
      yield* failsWith(socket.send(Uint8Array.of(0xc3), { kind: "text" }), { rule: "NotUtf8" })
      yield* failsWith(socket.send("\ud83d", { kind: "binary" }), { rule: "LoneSurrogate" })
      assert.deepStrictEqual(yield* server.next, { _tag: "Message", message: "ü" })
    })
  )
})
