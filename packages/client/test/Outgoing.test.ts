/**
 * The way out: what becomes one write, who waits and for whom, and what an interruption leaves behind. The transport is
 * one that a test fills and drains by hand; what was written is read back by an endpoint in the server role.
 */
import { assert, describe, it } from "@effect/vitest"
import { ConnectionClosed } from "@effect-websocket/client"
import { Reset, TransportError } from "@effect-websocket/transport"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { settle, start } from "./harness.ts"
import { blocked, made } from "./Sink.ts"

describe("one write", () => {
  it.effect("all that is sent in one turn", () =>
    Effect.gen(function* () {
      const { outgoing, transport } = yield* made()
      yield* outgoing.send("a")
      yield* outgoing.send(Uint8Array.of(1))
      yield* outgoing.sendAll(["b", "c"])
      assert.deepStrictEqual(transport.writes, [])
      yield* settle
      assert.deepStrictEqual(transport.writes, [["a", Uint8Array.of(1), "b", "c"]])
      yield* outgoing.send("d")
      yield* settle
      assert.deepStrictEqual(transport.writes[1], ["d"])
    })
  )

  it.effect("unless it is large: then it is handed over within the turn", () =>
    Effect.gen(function* () {
      const { outgoing, transport } = yield* made()
      yield* outgoing.send("a")
      yield* outgoing.send("x".repeat(0x10000))
      assert.strictEqual(transport.writes.length, 1)
      assert.strictEqual(transport.writes[0]!.length, 2)
    })
  )

  it.effect("flush hands over at once", () =>
    Effect.gen(function* () {
      const { outgoing, transport } = yield* made()
      yield* outgoing.send("a")
      yield* outgoing.flush
      assert.deepStrictEqual(transport.writes, [["a"]])
    })
  )

  it.effect("the caller's bytes may be reused once send has returned", () =>
    Effect.gen(function* () {
      for (const size of [10, 0x8000]) {
        const { outgoing, transport } = yield* made()
        const bytes = new Uint8Array(size).fill(1)
        yield* outgoing.send(bytes)
        bytes.fill(2)
        yield* outgoing.flush
        assert.deepStrictEqual(transport.writes, [[new Uint8Array(size).fill(1)]])
      }
    })
  )

  it.effect("bytes that the transport still holds are never overwritten", () =>
    Effect.gen(function* () {
      const { outgoing, transport } = yield* made({ highWaterMark: 1000 })
      transport.stall()
      for (let i = 0; i < 20; i++) {
        yield* outgoing.send(`message ${i}`)
        yield* settle
      }
      transport.resume()
      assert.deepStrictEqual(
        transport.received(),
        Array.from({ length: 20 }, (_, i) => `message ${i}`)
      )
    })
  )
})

describe("memory of frames", () => {
  it.effect("is lent to another connection as soon as the transport is done with it, and not before", () =>
    Effect.gen(function* () {
      const [one, other] = [yield* made(), yield* made()]
      one.transport.stall()
      for (const { outgoing } of [one, other, other]) {
        yield* outgoing.send("of everyone")
        yield* settle
      }
      const held = one.transport.chunks.at(-1)!.buffer
      assert.isFalse(other.transport.chunks.some(({ buffer }) => buffer === held))
      one.transport.resume()
      assert.deepStrictEqual(one.transport.received(), ["of everyone"])
      yield* one.outgoing.send("once more")
      yield* settle
      yield* other.outgoing.send("of another")
      yield* settle
      assert.strictEqual(other.transport.chunks.at(-1)!.buffer, held)
    })
  )

  it.effect(
    "stays with its connection when the transport takes no more: it may have failed, and hold it for ever",
    () =>
      Effect.gen(function* () {
        const [one, other] = [yield* made(), yield* made()]
        one.transport.stall()
        yield* one.outgoing.send("held")
        yield* settle
        one.transport.fail(new TransportError({ reason: new Reset({}) }))
        yield* one.outgoing.send("too late")
        yield* settle
        yield* other.outgoing.send("of another")
        yield* settle
        assert.notStrictEqual(other.transport.chunks.at(-1)!.buffer, one.transport.chunks.at(-1)!.buffer)
      })
  )
})

describe("backpressure", () => {
  it.effect("sends are accepted below the high-water mark, then wait until the transport has drained", () =>
    Effect.gen(function* () {
      const { outgoing, transport } = yield* made({ highWaterMark: 10 })
      transport.stall()
      yield* outgoing.send("a")
      yield* settle
      yield* outgoing.send("123456")
      yield* settle
      const waiting = yield* start(outgoing.send("b"))
      yield* settle
      assert.isUndefined(waiting.pollUnsafe())
      transport.resume()
      yield* Fiber.join(waiting)
      yield* settle
      assert.deepStrictEqual(transport.received(), ["a", "123456", "b"])
    })
  )

  it.effect("what is accepted is bounded by the mark and one message, however many senders there are", () =>
    Effect.gen(function* () {
      const { outgoing, transport } = yield* made({ highWaterMark: 100 })
      transport.stall()
      for (let i = 0; i < 50; i++) {
        yield* start(outgoing.send("x".repeat(20)))
        yield* settle
      }
      assert.isAtMost(outgoing.bufferedBytes, 100 + 26)
    })
  )

  it.effect("flushedBytes grows as the transport makes progress, bufferedBytes falls", () =>
    Effect.gen(function* () {
      const { outgoing, transport } = yield* made()
      transport.stall()
      yield* outgoing.send("0123")
      assert.strictEqual(outgoing.bufferedBytes, 10)
      assert.isFalse(outgoing.flushing)
      yield* settle
      assert.isTrue(outgoing.flushing)
      assert.strictEqual(outgoing.flushedBytes, 0)
      transport.admit(4)
      assert.strictEqual(outgoing.flushedBytes, 4)
      assert.strictEqual(outgoing.bufferedBytes, 6)
      transport.resume()
      assert.strictEqual(outgoing.flushedBytes, 10)
      assert.isFalse(outgoing.flushing)
    })
  )
})

describe("the line", () => {
  it.effect("first come, first served", () =>
    Effect.gen(function* () {
      const { outgoing, transport } = yield* blocked()
      for (const message of ["a", "b", "c"]) yield* start(outgoing.send(message))
      transport.resume()
      yield* settle
      assert.deepStrictEqual(transport.received(), ["first", "a", "b", "c"])
    })
  )

  it.effect("nobody overtakes it, also not in the turn in which it moves", () =>
    Effect.gen(function* () {
      const { outgoing, transport } = yield* blocked()
      yield* start(Effect.andThen(outgoing.send("a"), outgoing.send("late")))
      yield* start(outgoing.send("b"))
      transport.resume()
      yield* settle
      assert.deepStrictEqual(transport.received(), ["first", "a", "b", "late"])
    })
  )

  it.effect("a message whose memory was given away meanwhile is its sender's fault, and nobody else's", () =>
    Effect.gen(function* () {
      const { outgoing, transport } = yield* blocked()
      const bytes = new Uint8Array(10)
      const sending = yield* start(outgoing.send(bytes))
      const next = yield* start(outgoing.send("next"))
      structuredClone(bytes, { transfer: [bytes.buffer] })
      transport.resume()
      yield* Fiber.join(next)
      yield* settle
      assert.deepStrictEqual(transport.received(), ["first", "next"])
      assert.isTrue(Exit.hasDies(yield* Fiber.await(sending)))
    })
  )

  it.effect("sendAll: nothing of others comes in between, also when it does not fit at once", () =>
    Effect.gen(function* () {
      const { outgoing, transport } = yield* made({ highWaterMark: 1 })
      const large = Array.from({ length: 5 }, (_, i) => String(i).repeat(0x10000))
      transport.stall()
      yield* start(outgoing.sendAll(large))
      yield* start(outgoing.send("other"))
      for (let i = 0; i < 6; i++) {
        transport.resume()
        transport.stall()
        yield* settle
      }
      transport.resume()
      yield* settle
      assert.deepStrictEqual(transport.received(), [...large, "other"])
    })
  )

  it.effect("sendAll of nothing succeeds, and sends nothing", () =>
    Effect.gen(function* () {
      const { outgoing, transport } = yield* made()
      yield* outgoing.sendAll([])
      yield* settle
      assert.deepStrictEqual(transport.writes, [])
    })
  )

  it.effect("sendAll sends what the array held when it was run, whatever becomes of the array while it waits", () =>
    Effect.gen(function* () {
      for (const change of [
        (batch: Array<string>) => batch.push("\ud800"),
        (batch: Array<string>) => batch.splice(0),
        (batch: Array<string>) => batch.fill("other")
      ]) {
        const { outgoing, transport } = yield* made({ highWaterMark: 1 })
        const large = Array.from({ length: 3 }, (_, i) => String(i).repeat(0x10000))
        transport.stall()
        const batch = [...large]
        const sending = yield* start(outgoing.sendAll(batch))
        const behind = yield* start(outgoing.send("behind"))
        change(batch)
        transport.resume()
        yield* settle
        assert.deepStrictEqual(transport.received(), [...large, "behind"])
        yield* Fiber.join(sending)
        yield* Fiber.join(behind)
      }
    })
  )

  it.effect("if one message of sendAll is not legal, none is sent", () =>
    Effect.gen(function* () {
      const { outgoing, transport } = yield* made()
      const error = yield* Effect.flip(outgoing.sendAll(["a", "\ud800"]))
      assert.deepInclude(error, { _tag: "InvalidMessage", rule: "LoneSurrogate" })
      assert.strictEqual((yield* Effect.flip(outgoing.send("\udfff")))._tag, "InvalidMessage")
      yield* settle
      assert.deepStrictEqual(transport.writes, [])
    })
  )

  it.effect("sendAll interrupted midway stops between two messages", () =>
    Effect.gen(function* () {
      const { outgoing, transport } = yield* made({ highWaterMark: 1 })
      const large = Array.from({ length: 3 }, (_, i) => String(i).repeat(0x10000))
      transport.stall()
      const sending = yield* start(outgoing.sendAll(large))
      yield* Fiber.interrupt(sending)
      yield* start(outgoing.send("next"))
      transport.resume()
      yield* settle
      assert.deepStrictEqual(transport.received(), [large[0]!, "next"])
    })
  )
})

describe("control frames overtake what waits in line", () => {
  it.effect("a pong and a Close that the endpoint encodes leave at the next frame boundary", () =>
    Effect.gen(function* () {
      const { endpoint, outgoing, transport } = yield* blocked()
      yield* start(Effect.exit(outgoing.send("waits")))
      endpoint.close(1000, "")
      outgoing.close(Effect.fail(closedError))
      outgoing.write()
      transport.resume()
      assert.deepStrictEqual(transport.received(), ["first", "Close 1000"])
    })
  )
})

describe("closed", () => {
  it.effect("those in line fail, and so do those who come later", () =>
    Effect.gen(function* () {
      const { outgoing } = yield* blocked()
      const waiting = yield* start(Effect.flip(outgoing.send("a")))
      outgoing.close(Effect.fail(closedError))
      assert.strictEqual(yield* Fiber.join(waiting), closedError)
      assert.strictEqual(yield* Effect.flip(outgoing.send("b")), closedError)
      assert.strictEqual(yield* Effect.flip(outgoing.sendAll(["b"])), closedError)
      assert.strictEqual(yield* Effect.flip(outgoing.flush), closedError)
    })
  )

  it.effect("a transport that breaks under a write fails the loop, and nobody is left in line", () =>
    Effect.gen(function* () {
      const { outgoing, transport, running } = yield* made({ highWaterMark: 1 })
      const error = new TransportError({ reason: new Reset({ code: "EPIPE" }) })
      transport.fail(error)
      const messages = Array.from({ length: 3 }, () => "x".repeat(0x10000))
      const sending = yield* start(Effect.exit(outgoing.sendAll(messages)))
      const failure = yield* Effect.flip(Fiber.join(running))
      assert.strictEqual(failure, error)
      outgoing.close(Effect.fail(closedError))
      assert.isTrue(Exit.isFailure(yield* Fiber.join(sending)))
    })
  )
})

const closedError = new ConnectionClosed({ closeCode: 1006, closeReason: "", by: "us" })
