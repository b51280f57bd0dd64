/** What becomes of messages while there is no connection, and when one is lost. */
import { assert, describe, it } from "@effect/vitest"
import type { ClientOptions, Loss } from "@effect-websocket/client"
import { Reconnect } from "@effect-websocket/client"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { isWaiting, numbers, settle, start } from "./harness.ts"
import { made, type Served, waitOut } from "./longLived.ts"

const message = (message: string | Uint8Array) => ({ _tag: "Message" as const, message })

const durable = { durable: true }

type OutboxOptions = NonNullable<ClientOptions["outbox"]>

/** A client with an outbox, and the losses that it reported. */
const withOutbox = Effect.fnUntraced(function* (outbox: OutboxOptions, options: Partial<ClientOptions> = {}) {
  const losses: Array<Loss> = []
  const all = yield* made({
    onLost: (loss) => Effect.sync(() => losses.push(loss)).pipe(Effect.as(Reconnect.retryAfter("1 second"))),
    outbox,
    ...options
  })
  return { ...all, losses }
})

/** All messages that came, until nothing more comes. */
const received = Effect.fnUntraced(function* ({ server }: Served) {
  const messages: Array<string | Uint8Array> = []
  while (true) {
    const next = yield* start(server.next)
    yield* settle
    const exit = next.pollUnsafe()
    if (exit === undefined) {
      yield* Fiber.interrupt(next)
      return messages
    }
    const event = yield* exit
    if (event._tag === "Message") messages.push(event.message)
    else if (event._tag === "End") return messages
  }
})

/** The connection breaks; the next one is open. */
const lose = Effect.fnUntraced(function* (
  all: { readonly client: Parameters<typeof waitOut>[0]; readonly accept: Effect.Effect<Served> },
  { wire }: Served
) {
  wire.reset()
  yield* settle
  yield* waitOut(all.client)
  return yield* all.accept
})

describe("while there is no connection", () => {
  it.effect("a send suspends, by default, and goes in order over the next one", () =>
    Effect.gen(function* () {
      const { accept, client } = yield* made()
      const sending = yield* start(Effect.forEach(numbers(3), (n) => client.send(n), { concurrency: "unbounded" }))
      assert.isTrue(yield* isWaiting(sending))
      const served = yield* accept
      yield* Fiber.join(sending)
      assert.deepStrictEqual(yield* received(served), numbers(3))
    })
  )

  it.effect("an interrupted send that waits is not sent", () =>
    Effect.gen(function* () {
      const { accept, client } = yield* made()
      const first = yield* start(client.send("first"))
      const second = yield* start(client.send("second"))
      yield* Fiber.interrupt(first)
      const served = yield* accept
      yield* Fiber.join(second)
      assert.deepStrictEqual(yield* received(served), ["second"])
    })
  )

  it.effect("a send fails, when that is asked for, with the loss behind it", () =>
    Effect.gen(function* () {
      const { accept, client, refuse } = yield* made({ outbox: { whileDisconnected: "fail" } })
      assert.deepInclude(yield* Effect.flip(client.send("x")), { _tag: "NotSent", why: "disconnected" })
      yield* refuse
      const error = yield* Effect.flip(client.sendAll(["x", "y"]))
      assert.deepInclude(error, { _tag: "NotSent", why: "disconnected" })
      assert.match(error.message, /there is no connection now.*: No connection to ws:\/\/server.test\//s)
      yield* waitOut(client)
      yield* accept
      yield* client.send("z")
    })
  )

  it.effect("a send is queued, when that is asked for, and leaves in order", () =>
    Effect.gen(function* () {
      const { accept, client } = yield* made({ outbox: { whileDisconnected: "queue" } })
      for (const n of numbers(3)) yield* client.send(n)
      yield* client.sendAll(["all", "together"])
      assert.deepStrictEqual(yield* client.outbox, { messages: 5, bytes: 14 })
      const served = yield* accept
      assert.deepStrictEqual(yield* received(served), [...numbers(3), "all", "together"])
      assert.deepStrictEqual(yield* client.outbox, { messages: 0, bytes: 0 })
    })
  )

  it.effect("sendAll sends what the array held when it was run, whatever becomes of the array while it waits", () =>
    Effect.gen(function* () {
      const { accept, client } = yield* made()
      const batches = [["a", "b"], ["c"], ["d", "e"]]
      const sending = yield* start(
        Effect.forEach(batches, (batch) => client.sendAll(batch), { concurrency: "unbounded" })
      )
      batches[0]!.push("\ud800")
      batches[1]!.fill("\ud800")
      batches[2]!.splice(0)
      const served = yield* accept
      yield* Fiber.join(sending)
      assert.deepStrictEqual(yield* received(served), ["a", "b", "c", "d", "e"])
    })
  )

  it.effect("bytes that were queued may be reused", () =>
    Effect.gen(function* () {
      const { accept, client } = yield* made({ outbox: { whileDisconnected: "queue" } })
      const bytes = Uint8Array.of(1, 2, 3)
      yield* client.send(bytes)
      bytes.fill(0)
      assert.deepStrictEqual(yield* received(yield* accept), [Uint8Array.of(1, 2, 3)])
    })
  )

  it.effect("what is not legal fails at once, whatever the outbox does", () =>
    Effect.gen(function* () {
      for (const whileDisconnected of ["suspend", "fail", "queue"] as const) {
        const { client } = yield* made({ outbox: { whileDisconnected } })
        assert.deepInclude(yield* Effect.flip(client.send("\ud800")), { rule: "LoneSurrogate" })
        assert.deepInclude(yield* Effect.flip(client.sendAll(["x", "\ud800"], durable)), { rule: "LoneSurrogate" })
        const bytes = Uint8Array.of(0xff)
        assert.deepInclude(yield* Effect.flip(client.send(bytes, { kind: "text" })), { rule: "NotUtf8" })
      }
    })
  )
})

describe("when the outbox is full", () => {
  const queue = { whileDisconnected: "queue", maxMessages: 2 } as const

  it.effect("a sender waits for room, by default", () =>
    Effect.gen(function* () {
      const { accept, client } = yield* made({ outbox: queue })
      const sending = yield* start(Effect.forEach(numbers(4), (n) => client.send(n)))
      assert.isTrue(yield* isWaiting(sending))
      assert.deepStrictEqual(yield* client.outbox, { messages: 2, bytes: 2 })
      assert.deepStrictEqual(yield* received(yield* accept), numbers(4))
      yield* Fiber.join(sending)
    })
  )

  it.effect("whoever waits is not looked at before its turn: bytes are copied once, when there is room", () =>
    Effect.gen(function* () {
      let copies = 0
      class Counted extends Uint8Array<ArrayBuffer> {
        override slice() {
          copies++
          return new Uint8Array(this)
        }
      }
      const { accept, client } = yield* made({ outbox: queue })
      const sending = yield* start(
        Effect.forEach(numbers(20), () => client.send(new Counted(new ArrayBuffer(1)), durable), {
          concurrency: "unbounded"
        })
      )
      yield* settle
      assert.strictEqual(copies, 2)
      assert.lengthOf(yield* received(yield* accept), 20)
      yield* Fiber.join(sending)
      assert.strictEqual(copies, 20)
    })
  )

  it.effect("bytes that were given away meanwhile are their sender's fault alone", () =>
    Effect.gen(function* () {
      const { accept, client } = yield* made({ outbox: queue })
      yield* client.sendAll(["0", "1"])
      const bytes = Uint8Array.of(1, 2, 3)
      const sending = yield* start(Effect.exit(client.send(bytes)))
      const behind = yield* start(client.send("2"))
      structuredClone(bytes, { transfer: [bytes.buffer] })
      assert.deepStrictEqual(yield* received(yield* accept), numbers(3))
      assert.isTrue(Exit.hasDies(yield* Fiber.join(sending)))
      yield* Fiber.join(behind)
    })
  )

  it.effect("first come first served: nobody overtakes who waits for more room than it would need itself", () =>
    Effect.gen(function* () {
      const { accept, client } = yield* made({ outbox: queue })
      yield* client.send("0", durable)
      const group = yield* start(client.sendAll(["1", "2"], durable))
      const single = yield* start(client.send("3", durable))
      assert.isTrue(yield* isWaiting(single))
      assert.deepStrictEqual(yield* received(yield* accept), numbers(4))
      yield* Fiber.join(group)
      yield* Fiber.join(single)
    })
  )

  it.effect("a message that an idle outbox would let pass is sent after those who wait", () =>
    Effect.gen(function* () {
      const { accept, client } = yield* made({ outbox: queue })
      const served = yield* accept
      yield* settle
      served.wire.stall()
      yield* client.sendAll(["0", "1"], durable)
      const kept = yield* start(client.send("2", durable))
      yield* settle
      assert.isTrue(yield* isWaiting(kept))
      const bound = yield* start(client.send("3"))
      assert.isTrue(yield* isWaiting(bound))
      served.wire.resume()
      assert.deepStrictEqual(yield* received(served), numbers(4))
      yield* Fiber.join(kept)
      yield* Fiber.join(bound)
    })
  )

  it.effect("who waits behind one that is interrupted has its turn", () =>
    Effect.gen(function* () {
      const { client } = yield* made({ outbox: queue })
      yield* client.send("0")
      const group = yield* start(client.sendAll(["1", "2"]))
      const single = yield* start(client.send("3"))
      assert.isTrue(yield* isWaiting(single))
      yield* Fiber.interrupt(group)
      yield* Fiber.join(single)
    })
  )

  const dropping = (overflow: "dropOldest" | "dropNewest", left: Array<string>) =>
    it.effect(`${overflow}: counted, and reported to onLost`, () =>
      Effect.gen(function* () {
        const { accept, client, losses, refuse } = yield* withOutbox({ ...queue, overflow })
        const fates = yield* Effect.forEach(numbers(3), (n) => client.sendTracked(n))
        assert.deepStrictEqual(yield* client.lost, { notSent: 1, unknown: 0, notTaken: 0 })
        const dropped = fates[overflow === "dropOldest" ? 0 : 2]!
        assert.deepInclude(yield* Effect.flip(dropped), { _tag: "NotSent", why: "overflow" })
        yield* refuse
        assert.deepInclude(losses[0], { lost: { notSent: 1, unknown: 0, notTaken: 0 } })
        yield* TestClock.adjust("1 second")
        yield* refuse
        assert.deepInclude(losses[1], { lost: { notSent: 0, unknown: 0, notTaken: 0 } })
        yield* TestClock.adjust("1 second")
        assert.deepStrictEqual(yield* received(yield* accept), left)
      })
    )
  dropping("dropOldest", ["1", "2"])
  dropping("dropNewest", ["0", "1"])

  it.effect("fail: nothing that was accepted is lost", () =>
    Effect.gen(function* () {
      const { accept, client } = yield* made({ outbox: { ...queue, overflow: "fail" } })
      yield* client.sendAll(["0", "1"])
      assert.deepInclude(yield* Effect.flip(client.send("2")), { _tag: "NotSent", why: "overflow" })
      assert.deepStrictEqual(yield* client.lost, { notSent: 0, unknown: 0, notTaken: 0 })
      assert.deepStrictEqual(yield* received(yield* accept), ["0", "1"])
    })
  )

  it.effect("bytes are bounded as well, and one message always fits", () =>
    Effect.gen(function* () {
      const { client } = yield* made({ outbox: { whileDisconnected: "queue", maxBytes: 10, overflow: "fail" } })
      yield* client.send("x".repeat(100))
      assert.deepInclude(yield* Effect.flip(client.send("y")), { why: "overflow" })
    })
  )

  it.effect("what is too old is let go of, in time, and counted", () =>
    Effect.gen(function* () {
      const { accept, client } = yield* made({
        outbox: { whileDisconnected: "queue", maxAge: "30 seconds" },
        deadlines: { openTimeout: "1 hour" }
      })
      const old = yield* client.sendTracked("old")
      yield* TestClock.adjust("20 seconds")
      yield* client.send("young")
      yield* TestClock.adjust(9999)
      assert.deepStrictEqual(yield* client.outbox, { messages: 2, bytes: 8 })
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(yield* client.outbox, { messages: 1, bytes: 5 })
      assert.deepInclude(yield* Effect.flip(old), { _tag: "NotSent", why: "expired" })
      assert.deepStrictEqual(yield* client.lost, { notSent: 1, unknown: 0, notTaken: 0 })
      assert.deepStrictEqual(yield* received(yield* accept), ["young"])
    })
  )
})

describe("when a connection is lost", () => {
  it.effect("what it had accepted and not written is counted, and reported to onLost", () =>
    Effect.gen(function* () {
      const { accept, client, losses } = yield* withOutbox({})
      const { wire } = yield* accept
      yield* client.send("arrives")
      yield* settle
      wire.stall()
      const fate = yield* client.sendTracked("perhaps")
      yield* client.send("perhaps too")
      yield* settle
      wire.reset()
      yield* settle
      assert.deepStrictEqual(losses[0]!.lost, { notSent: 0, unknown: 2, notTaken: 0 })
      const error = yield* Effect.flip(fate)
      assert.deepInclude(error, { _tag: "FateUnknown", cause: losses[0]!.cause })
      assert.match(error.message, /the peer may or may not have it.*: The connection was lost/)
    })
  )

  it.effect("what was written is not lost", () =>
    Effect.gen(function* () {
      const { accept, client, losses } = yield* withOutbox({})
      const { wire } = yield* accept
      const fates = yield* Effect.forEach(numbers(3), (n) => client.sendTracked(n))
      yield* Effect.all(fates, { discard: true })
      wire.reset()
      yield* settle
      assert.deepStrictEqual(losses[0]!.lost, { notSent: 0, unknown: 0, notTaken: 0 })
    })
  )

  it.effect("a send that it had not accepted goes over the next one, once", () =>
    Effect.gen(function* () {
      const all = yield* withOutbox({})
      const first = yield* all.accept
      first.wire.stall()
      yield* all.client.send(new Uint8Array(100_000))
      yield* settle
      const waiting = yield* start(all.client.send("waits"))
      assert.isTrue(yield* isWaiting(waiting))
      const second = yield* lose(all, first)
      yield* Fiber.join(waiting)
      assert.deepStrictEqual(yield* received(second), ["waits"])
    })
  )

  it.effect("several messages of which some may have left are of unknown fate", () =>
    Effect.gen(function* () {
      const all = yield* withOutbox({})
      const first = yield* all.accept
      first.wire.stall()
      const sending = yield* start(
        Effect.flip(all.client.sendAll(Array.from({ length: 9 }, () => new Uint8Array(50_000))))
      )
      assert.isTrue(yield* isWaiting(sending))
      yield* lose(all, first)
      assert.deepInclude(yield* Fiber.join(sending), { _tag: "FateUnknown" })
    })
  )

  it.effect("durable messages go over the next one, in order, until they were written", () =>
    Effect.gen(function* () {
      const all = yield* withOutbox({})
      const first = yield* all.accept
      yield* all.client.send("written", durable)
      yield* settle
      first.wire.stall()
      const fates = yield* Effect.forEach(numbers(3), (n) => all.client.sendTracked(n, durable))
      yield* all.client.sendAll(["all", "together"], durable)
      yield* settle
      assert.deepStrictEqual(yield* all.client.outbox, { messages: 5, bytes: 14 })
      const second = yield* lose(all, first)
      assert.deepStrictEqual(yield* received(second), [...numbers(3), "all", "together"])
      yield* Effect.all(fates, { discard: true })
      assert.deepStrictEqual(all.losses[0]!.lost, { notSent: 0, unknown: 0, notTaken: 0 })
      assert.deepStrictEqual(yield* all.client.outbox, { messages: 0, bytes: 0 })
    })
  )

  it.effect("durable messages that must not arrive twice are given up once they were leaving", () =>
    Effect.gen(function* () {
      const all = yield* withOutbox({ resend: false })
      const first = yield* all.accept
      first.wire.stall()
      const leaving = yield* all.client.sendTracked(new Uint8Array(100_000), durable)
      const waiting = yield* all.client.sendTracked("waits for its turn", durable)
      yield* settle
      const second = yield* lose(all, first)
      assert.deepInclude(yield* Effect.flip(leaving), { _tag: "FateUnknown" })
      yield* waiting
      assert.deepStrictEqual(yield* received(second), ["waits for its turn"])
      assert.deepStrictEqual(all.losses[0]!.lost, { notSent: 0, unknown: 1, notTaken: 0 })
    })
  )

  it.effect("what waits behind durable messages and is bound to the connection does not leave without it", () =>
    Effect.gen(function* () {
      const all = yield* withOutbox({})
      const first = yield* all.accept
      first.wire.stall()
      yield* all.client.send(new Uint8Array(100_000))
      yield* all.client.send("durable", durable)
      yield* settle
      const bound = yield* all.client.sendTracked("bound")
      const second = yield* lose(all, first)
      assert.deepInclude(yield* Effect.flip(bound), { _tag: "NotSent", why: "session lost" })
      assert.deepStrictEqual(yield* received(second), ["durable"])
      assert.deepStrictEqual(all.losses[0]!.lost, { notSent: 1, unknown: 1, notTaken: 0 })
    })
  )

  it.effect("what is queued meanwhile belongs to the next", () =>
    Effect.gen(function* () {
      const all = yield* withOutbox({ whileDisconnected: "queue" })
      const first = yield* all.accept
      first.wire.reset()
      yield* settle
      yield* all.client.send("meanwhile")
      yield* waitOut(all.client)
      assert.deepStrictEqual(yield* received(yield* all.accept), ["meanwhile"])
    })
  )

  it.effect("messages that nobody took are kept, as many as an inbox holds; more are counted", () =>
    Effect.gen(function* () {
      const all = yield* withOutbox({}, { limits: { inboxMessages: 3 } })
      const first = yield* all.accept
      for (const text of ["a", "b"]) yield* first.server.send(text)
      yield* settle
      const second = yield* lose(all, first)
      for (const text of ["c", "d"]) yield* second.server.send(text)
      yield* settle
      yield* lose(all, second)
      assert.deepStrictEqual(
        all.losses.map(({ lost }) => lost.notTaken),
        [0, 1]
      )
      assert.deepStrictEqual(yield* all.client.receiveN(2), ["b", "c"])
      assert.strictEqual(yield* all.client.receive, "d")
      assert.deepStrictEqual(yield* all.client.lost, { notSent: 0, unknown: 0, notTaken: 1 })
    })
  )

  it.effect("messages that a closing connection threw away are counted", () =>
    Effect.gen(function* () {
      const { accept, client } = yield* made({ limits: { inboxMessages: 2 } }, { mute: true })
      const { server, wire } = yield* accept
      for (const n of numbers(5)) yield* server.send(n)
      yield* client.reconnectNow
      yield* settle
      yield* server.close(1000)
      wire.end()
      yield* accept
      assert.deepStrictEqual(yield* client.receiveN(9), ["0", "1"])
      assert.deepStrictEqual(yield* client.lost, { notSent: 0, unknown: 0, notTaken: 3 })
    })
  )

  it.effect("their bytes are bounded as well", () =>
    Effect.gen(function* () {
      const all = yield* withOutbox({}, { limits: { inboxBytes: 20 } })
      const first = yield* all.accept
      yield* first.server.send("x".repeat(12))
      yield* settle
      const second = yield* lose(all, first)
      yield* second.server.send("y".repeat(15))
      yield* settle
      yield* lose(all, second)
      assert.strictEqual(yield* all.client.receive, "y".repeat(15))
      assert.strictEqual((yield* all.client.lost).notTaken, 1)
    })
  )
})

describe("a durable message that was leaving when its connection was lost, and that is not sent again,", () => {
  /** The server may have it. The client has no connection now, and cannot know. */
  const leaving = Effect.fnUntraced(function* (outbox: OutboxOptions) {
    const all = yield* withOutbox({ whileDisconnected: "queue", ...outbox })
    const { wire } = yield* all.accept
    wire.stall()
    const small = yield* all.client.sendTracked("small", durable)
    const waiting = yield* all.client.sendTracked("waits for its turn", durable)
    yield* settle
    wire.reset()
    yield* settle
    assert.strictEqual((yield* all.client.outbox).messages, 2)
    return { ...all, small, waiting }
  })
  const isUnknown = (fate: Effect.Effect<void, object>) =>
    Effect.map(Effect.flip(fate), (error) => assert.deepInclude(error, { _tag: "FateUnknown" }))

  it.effect("is unknown once the client has stopped, with the loss behind it", () =>
    Effect.gen(function* () {
      const { client, small, waiting } = yield* leaving({})
      yield* client.close()
      assert.include((yield* Effect.flip(small)).cause, { _tag: "ConnectionClosed", by: "network" })
      yield* isUnknown(small)
      assert.deepInclude(yield* Effect.flip(waiting), { _tag: "NotSent", why: "stopped" })
      assert.deepStrictEqual(yield* client.lost, { notSent: 1, unknown: 1, notTaken: 0 })
    })
  )

  it.effect("is unknown when it has waited for too long", () =>
    Effect.gen(function* () {
      const { client, small, waiting } = yield* leaving({ maxAge: "500 millis" })
      yield* TestClock.adjust("500 millis")
      yield* isUnknown(small)
      assert.deepInclude(yield* Effect.flip(waiting), { _tag: "NotSent", why: "expired" })
      assert.deepStrictEqual(yield* client.lost, { notSent: 1, unknown: 1, notTaken: 0 })
    })
  )

  it.effect("is unknown when it makes room for another", () =>
    Effect.gen(function* () {
      const { client, small } = yield* leaving({ maxMessages: 2, overflow: "dropOldest" })
      yield* client.send("new")
      yield* isUnknown(small)
      assert.deepStrictEqual(yield* client.lost, { notSent: 0, unknown: 1, notTaken: 0 })
    })
  )
})

describe("when the program replaces a connection", () => {
  it.effect("a long message that was just leaving, cut into fragments, goes whole over the next one, and once", () =>
    Effect.gen(function* () {
      const all = yield* made({ fragmentBytes: 1000, deadlines: { closeTimeout: "1 second" } })
      const first = yield* all.accept
      first.wire.stall()
      const long = yield* all.client.sendTracked("x".repeat(200_000), durable)
      yield* settle
      yield* all.client.reconnectNow
      yield* TestClock.adjust("1 second")
      const second = yield* all.accept
      assert.deepStrictEqual(yield* received(second), ["x".repeat(200_000)])
      yield* long
      first.wire.resume()
      assert.deepStrictEqual(yield* received(first), [])
    })
  )
})

describe("at the end", () => {
  it.effect("what the outbox holds leaves before a close", () =>
    Effect.gen(function* () {
      const { accept, client } = yield* made()
      const { server, wire } = yield* accept
      wire.stall()
      yield* client.send(new Uint8Array(100_000))
      const fate = yield* client.sendTracked("durable", durable)
      const closing = yield* start(client.close())
      assert.isTrue(yield* isWaiting(closing))
      wire.resume()
      yield* server.next
      assert.deepStrictEqual(yield* server.next, message("durable"))
      assert.deepInclude(yield* server.next, { _tag: "Close", closeCode: 1000 })
      wire.end()
      yield* Fiber.join(closing)
      yield* fate
    })
  )

  it.effect("a peer that takes nothing holds a close back no longer than its deadline", () =>
    Effect.gen(function* () {
      const { accept, client } = yield* made({ deadlines: { closeTimeout: "3 seconds" } })
      const { wire } = yield* accept
      wire.stall()
      yield* client.send(new Uint8Array(100_000))
      yield* settle
      const fate = yield* client.sendTracked("durable", durable)
      const closing = yield* start(client.close())
      yield* TestClock.adjust(2999)
      assert.isTrue(yield* isWaiting(closing))
      yield* TestClock.adjust(1)
      assert.isFalse(yield* isWaiting(closing))
      assert.deepInclude(yield* Effect.flip(fate), { _tag: "NotSent", why: "stopped" })
      assert.deepStrictEqual(yield* client.lost, { notSent: 1, unknown: 1, notTaken: 0 })
    })
  )

  it.effect("a peer that takes all and never answers is given what the outbox left of the deadline", () =>
    Effect.gen(function* () {
      const { accept, client } = yield* made({ deadlines: { closeTimeout: "3 seconds" } }, { mute: true })
      const { server, wire } = yield* accept
      wire.stall()
      yield* client.send(new Uint8Array(100_000))
      const closing = yield* start(client.close())
      yield* TestClock.adjust("1 second")
      wire.resume()
      yield* server.next
      assert.deepInclude(yield* server.next, { _tag: "Close", closeCode: 1000 })
      yield* TestClock.adjust(1999)
      assert.isTrue(yield* isWaiting(closing))
      yield* TestClock.adjust(1)
      assert.isFalse(yield* isWaiting(closing))
    })
  )

  for (const [closeTimeout, share] of [
    [3000, 2000],
    [1000, 500]
  ] as const) {
    it.effect(`of ${closeTimeout} ms the outbox has ${share}: who is too slow for it is still told goodbye`, () =>
      Effect.gen(function* () {
        const { accept, client } = yield* made({ deadlines: { closeTimeout } })
        const { server, wire } = yield* accept
        wire.stall()
        yield* client.send(new Uint8Array(100_000))
        const fate = yield* client.sendTracked("durable", durable)
        const closing = yield* start(client.close())
        yield* TestClock.adjust(share - 1)
        assert.deepStrictEqual(yield* client.outbox, { messages: 1, bytes: 7 })
        yield* TestClock.adjust(1)
        wire.resume()
        yield* server.next
        assert.deepInclude(yield* server.next, { _tag: "Close", closeCode: 1000 })
        wire.end()
        assert.deepInclude(yield* Fiber.join(closing), { closeCode: 1000, clean: true })
        assert.deepInclude(yield* Effect.flip(fate), { _tag: "NotSent", why: "stopped" })
      })
    )
  }

  it.effect("without a connection everything that waits learns that it did not leave", () =>
    Effect.gen(function* () {
      const { client } = yield* made({ outbox: { whileDisconnected: "queue", maxMessages: 1 } })
      const queued = yield* client.sendTracked("queued")
      const waiting = yield* start(Effect.flip(client.send("waits for room")))
      yield* settle
      yield* client.close()
      assert.deepInclude(yield* Effect.flip(queued), { _tag: "NotSent", why: "stopped" })
      assert.deepInclude(yield* Fiber.join(waiting), { _tag: "NotSent", why: "stopped" })
    })
  )
})
