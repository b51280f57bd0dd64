import { assert, describe, it } from "@effect/vitest"
import { AtLeastOnce, type Client, MessageCodec, Requests } from "@effect-websocket/client"
import type { ServerPeer } from "@effect-websocket/client/testing"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { failsWith, isWaiting, settle, start } from "./harness.ts"
import { made, redialled, type Served } from "./longLived.ts"

const protocol = {
  receive: Schema.Struct({
    ack: Schema.optionalKey(Schema.Int),
    at: Schema.optionalKey(Schema.String),
    news: Schema.optionalKey(Schema.String)
  }),
  send: Schema.Struct({ n: Schema.Int, text: Schema.String.check(Schema.isMaxLength(100)) })
}

type Options = Partial<typeof AtLeastOnce.Options.Encoded> & { readonly codec?: MessageCodec.MessageCodec }

const make = (options: Options = {}) =>
  AtLeastOnce.make({
    ...protocol,
    number: (text: string, n) => ({ n, text }),
    ackOf: ({ ack }) => ack,
    tokenOf: ({ at }) => at,
    ...options
  })

const open = (options?: Options) =>
  Effect.gen(function* () {
    const reliable = yield* make(options)
    const { accept, client, network } = yield* made({
      url: Effect.map(reliable.resumeToken, (token = "start") => `ws://server.test/?from=${token}`),
      onOpen: reliable.replay
    })
    return { reliable, client, accept, network, messages: reliable.over(client) }
  })

/** JSON that is decoded no sooner than that. */
const decoding = (from: Deferred.Deferred<void>) =>
  MessageCodec.makeEffect({
    decode: (message) => Effect.as(Deferred.await(from), JSON.parse(String(message))),
    encode: (value) => Effect.succeed(JSON.stringify(value))
  })

const lose = ({ wire }: Served) =>
  Effect.andThen(
    Effect.sync(() => wire.reset()),
    settle
  )

/** The client closes, and the server answers. */
const stop = Effect.fnUntraced(function* (client: Client.Client, { wire }: Served) {
  const closing = yield* start(client.close())
  yield* settle
  wire.end()
  yield* Fiber.join(closing)
})

/** The next message that the server sees, as "number text". */
const next = ({ server }: Served) =>
  Effect.map(server.next, (event) => {
    if (event._tag !== "Message") return event._tag
    const { n, text } = JSON.parse(String(event.message))
    return `${n} ${text}`
  })

const say = ({ server }: { readonly server: ServerPeer.ServerPeer }, message: typeof protocol.receive.Encoded) =>
  server.send(JSON.stringify(message))

describe("what is not acknowledged is sent again", () => {
  it.effect("on each connection, in order, and what comes after it later", () =>
    Effect.gen(function* () {
      const { accept, messages, reliable } = yield* open()
      const reading = yield* start(Stream.runDrain(messages.messages))
      const first = yield* accept
      yield* messages.send("a")
      yield* messages.sendAll(["b", "c"])
      assert.deepStrictEqual([yield* next(first), yield* next(first), yield* next(first)], ["1 a", "2 b", "3 c"])
      yield* say(first, { ack: 1 })
      yield* settle
      yield* lose(first)
      yield* messages.send("d")
      const second = yield* redialled(accept)
      yield* messages.send("e")
      assert.deepStrictEqual(
        [yield* next(second), yield* next(second), yield* next(second), yield* next(second)],
        ["2 b", "3 c", "4 d", "5 e"]
      )
      const acknowledged = yield* start(messages.acknowledged)
      yield* say(second, { ack: 4 })
      assert.isTrue(yield* isWaiting(acknowledged))
      yield* say(second, { ack: 5 })
      yield* Fiber.join(acknowledged)
      yield* messages.acknowledged
      assert.deepStrictEqual(yield* reliable.unacknowledged, [])
      assert.isTrue(yield* isWaiting(reading))
    })
  )

  it.effect("acks: each takes only its own number out", () =>
    Effect.gen(function* () {
      const { accept, messages, reliable } = yield* open({ acks: "each", firstNumber: 10 })
      const first = yield* accept
      yield* messages.sendAll(["a", "b", "c"])
      for (let i = 0; i < 3; i++) yield* next(first)
      yield* say(first, { ack: 11 })
      yield* messages.receive
      assert.deepStrictEqual(
        (yield* reliable.unacknowledged).map(({ number }) => number),
        [10, 12]
      )
      yield* lose(first)
      const second = yield* redialled(accept)
      assert.deepStrictEqual([yield* next(second), yield* next(second)], ["10 a", "12 c"])
    })
  )

  it.effect("while messages are taken one by one as well", () =>
    Effect.gen(function* () {
      const { accept, messages, reliable } = yield* open()
      const first = yield* accept
      yield* messages.sendAll(["a", "b"])
      yield* say(first, { ack: 1 })
      yield* say(first, { news: "n", ack: 2 })
      assert.deepStrictEqual(yield* messages.receive, { ack: 1 })
      assert.strictEqual((yield* reliable.unacknowledged).length, 1)
      assert.deepStrictEqual(yield* messages.receiveN(3), [{ news: "n", ack: 2 }])
      assert.deepStrictEqual(yield* reliable.unacknowledged, [])
      assert.strictEqual(yield* messages.skipped, 0)
    })
  )
})

describe("the token of the last message that was taken", () => {
  it.effect("is there for the next dial", () =>
    Effect.gen(function* () {
      const { accept, messages } = yield* open()
      const first = yield* accept
      assert.strictEqual(first.server.request.resourceName, "/?from=start")
      yield* say(first, { at: "7" })
      yield* say(first, { news: "nothing about where" })
      yield* settle
      yield* messages.receiveN(2)
      yield* lose(first)
      assert.strictEqual((yield* redialled(accept)).server.request.resourceName, "/?from=7")
    })
  )
})

describe("bounds", () => {
  it.effect("maxMessages: senders wait for an acknowledgement, first come first served", () =>
    Effect.gen(function* () {
      const { accept, messages } = yield* open({ maxMessages: 2 })
      yield* start(Stream.runDrain(messages.messages))
      const first = yield* accept
      yield* messages.sendAll(["a", "b"])
      const third = yield* start(messages.send("c"))
      const fourth = yield* start(messages.send("d"))
      assert.isTrue(yield* isWaiting(third))
      yield* say(first, { ack: 1 })
      yield* Fiber.join(third)
      assert.isTrue(yield* isWaiting(fourth))
      yield* say(first, { ack: 3 })
      yield* Fiber.join(fourth)
      assert.deepStrictEqual(
        [yield* next(first), yield* next(first), yield* next(first), yield* next(first)],
        ["1 a", "2 b", "3 c", "4 d"]
      )
    })
  )

  it.effect("maxBytes: one message always fits, a second only if both do", () =>
    Effect.gen(function* () {
      const { accept, messages } = yield* open({ maxBytes: 10 })
      yield* start(Stream.runDrain(messages.messages))
      const first = yield* accept
      yield* messages.send("longer than the bound")
      const second = yield* start(messages.send("b"))
      assert.isTrue(yield* isWaiting(second))
      yield* say(first, { ack: 1 })
      yield* Fiber.join(second)
    })
  )

  it.effect("a sender that is interrupted while it waits has sent nothing, and its number is the next one's", () =>
    Effect.gen(function* () {
      const { accept, messages } = yield* open({ maxMessages: 1 })
      yield* start(Stream.runDrain(messages.messages))
      const first = yield* accept
      yield* messages.send("a")
      const second = yield* start(messages.send("b"))
      assert.isTrue(yield* isWaiting(second))
      yield* Fiber.interrupt(second)
      yield* say(first, { ack: 1 })
      yield* messages.send("c")
      assert.deepStrictEqual([yield* next(first), yield* next(first)], ["1 a", "2 c"])
    })
  )

  it.effect("an option out of range is InvalidOptions", () =>
    Effect.map(Effect.flip(make({ maxMessages: 0 })), ({ message }) => assert.include(message, "maxMessages"))
  )
})

describe("what is not accepted", () => {
  it.effect("a payload that does not encode: of a batch nothing is, and no number is left out", () =>
    Effect.gen(function* () {
      const { accept, messages } = yield* open()
      const first = yield* accept
      const failure = yield* Effect.flip(messages.sendAll(["a", "x".repeat(101)]))
      assert.strictEqual(failure._tag, "EncodeFailed")
      yield* messages.send("b")
      assert.strictEqual(yield* next(first), "1 b")
    })
  )

  it.effect("a message that is not legal as the kind it is to be sent as: it would be refused on each connection", () =>
    Effect.gen(function* () {
      const encode = (value: unknown) => {
        const { n, text } = value as { readonly n: number; readonly text: string }
        return Uint8Array.of(n, text === "bad" ? 0xff : 0x61)
      }
      const { accept, messages, reliable } = yield* open({ codec: MessageCodec.make({ decode: String, encode }) })
      const first = yield* accept
      const text = { kind: "text" } as const
      yield* failsWith(messages.send("bad", text), { _tag: "InvalidMessage", rule: "NotUtf8" })
      yield* failsWith(messages.sendAll(["good", "bad"], text), { _tag: "InvalidMessage", rule: "NotUtf8" })
      assert.deepStrictEqual(yield* reliable.unacknowledged, [])
      yield* messages.send("good", text)
      yield* messages.send("bad")
      assert.deepStrictEqual(yield* first.server.next, { _tag: "Message", message: "\u0001a" })
      assert.deepStrictEqual(yield* first.server.next, { _tag: "Message", message: Uint8Array.of(2, 0xff) })
    })
  )
})

describe("when the client stops", () => {
  it.effect("what was sent is unknown, what was not is not, and whoever waits is told", () =>
    Effect.gen(function* () {
      const { accept, client, messages, reliable } = yield* open({ maxMessages: 2 })
      const reading = yield* start(Stream.runDrain(messages.messages))
      const first = yield* accept
      yield* messages.send("a")
      yield* next(first)
      yield* client.pause.pipe(Effect.andThen(settle), start)
      yield* next(first)
      first.wire.end()
      yield* settle
      yield* messages.send("b")
      const waiting = yield* start(Effect.flip(messages.send("c")))
      const acknowledged = yield* start(Effect.flip(messages.acknowledged))
      assert.isTrue(yield* isWaiting(waiting))
      yield* client.close()
      yield* Fiber.join(reading)
      assert.deepInclude(yield* Fiber.join(waiting), { _tag: "NotSent", why: "stopped" })
      assert.strictEqual((yield* Fiber.join(acknowledged))._tag, "FateUnknown")
      assert.strictEqual((yield* Effect.flip(messages.acknowledged))._tag, "FateUnknown")
      assert.deepInclude(yield* Effect.flip(messages.send("d")), { _tag: "NotSent", why: "stopped" })
      assert.deepStrictEqual(yield* reliable.unacknowledged, [
        { number: 1, message: `{"n":1,"text":"a"}`, fate: "Unknown" },
        { number: 2, message: `{"n":2,"text":"b"}`, fate: "NotSent" }
      ])
    })
  )

  it.effect("by a loss that is final, its cause is told, and NotSent where nothing was sent", () =>
    Effect.gen(function* () {
      const reliable = yield* make()
      const { client, network } = yield* made({
        onOpen: reliable.replay,
        onLost: () => Effect.succeed({ _tag: "Stop" } as const)
      })
      const messages = reliable.over(client)
      yield* messages.send("a")
      const acknowledged = yield* start(Effect.flip(messages.acknowledged))
      const wire = yield* network.accept
      wire.reset()
      assert.strictEqual((yield* Effect.flip(messages.receive))._tag, "ConnectError")
      const failure = yield* Fiber.join(acknowledged)
      assert.deepInclude(failure, { _tag: "NotSent", why: "stopped" })
      assert.strictEqual(failure.cause?._tag, "ConnectError")
    })
  )

  it.effect("whoever waits is told also where nobody takes messages, and whoever sends later", () =>
    Effect.gen(function* () {
      const { accept, client, messages } = yield* open({ maxMessages: 2 })
      const first = yield* accept
      yield* messages.sendAll(["a", "b"])
      const waiting = yield* start(Effect.flip(messages.send("c")))
      const acknowledged = yield* start(Effect.flip(messages.acknowledged))
      const closing = yield* start(client.close())
      assert.isTrue(yield* isWaiting(waiting))
      first.wire.end()
      yield* Fiber.join(closing)
      assert.deepInclude(yield* Fiber.join(waiting), { _tag: "NotSent", why: "stopped" })
      assert.strictEqual((yield* Fiber.join(acknowledged))._tag, "FateUnknown")
      assert.strictEqual((yield* Effect.flip(messages.acknowledged))._tag, "FateUnknown")
      assert.strictEqual((yield* Effect.flip(messages.send("d")))._tag, "NotSent")
    })
  )

  it.effect("what is left is seen at once, also while its taker is busy, who gets it all the same", () =>
    Effect.gen(function* () {
      const { accept, client, messages } = yield* open()
      const first = yield* accept
      yield* messages.sendAll(["a", "b"])
      const busy = yield* Deferred.make<void>()
      const taking = yield* start(
        Stream.runCollect(Stream.tap(messages.messages, () => Deferred.await(busy), { concurrency: 1 }))
      )
      for (const ack of [1, 2]) {
        yield* say(first, { ack })
        yield* settle
      }
      const acknowledged = yield* start(messages.acknowledged)
      yield* stop(client, first)
      yield* Fiber.join(acknowledged)
      yield* Deferred.succeed(busy, undefined)
      assert.deepStrictEqual(yield* Fiber.join(taking), [{ ack: 1 }, { ack: 2 }])
    })
  )

  it.effect("what is left is seen, too, if messages were received one by one, and can still be received", () =>
    Effect.gen(function* () {
      const { accept, client, messages } = yield* open()
      const first = yield* accept
      yield* messages.sendAll(["a", "b"])
      yield* say(first, { news: "n" })
      yield* messages.receive
      yield* first.server.together([say(first, { ack: 1 }), say(first, { news: "o" }), say(first, { news: "p" })])
      yield* settle
      const acknowledged = yield* start(Effect.flip(messages.acknowledged))
      yield* stop(client, first)
      assert.strictEqual((yield* Fiber.join(acknowledged))._tag, "FateUnknown")
      assert.strictEqual((yield* Effect.flip(messages.acknowledged))._tag, "FateUnknown")
      assert.deepStrictEqual(yield* messages.receive, { ack: 1 })
      assert.deepStrictEqual(yield* messages.receiveN(9), [{ news: "o" }, { news: "p" }])
      yield* failsWith(messages.receive, { _tag: "ConnectionClosed" })
      assert.deepStrictEqual(yield* Stream.runCollect(messages.messages), [])
    })
  )

  it.effect("a message that does not decode is failed with in its place, and what comes behind it is seen", () =>
    Effect.gen(function* () {
      const { accept, client, messages } = yield* open()
      const first = yield* accept
      yield* messages.send("a")
      yield* first.server.together([first.server.send("{"), say(first, { ack: 1 })])
      yield* settle
      const acknowledged = yield* start(messages.acknowledged)
      yield* stop(client, first)
      yield* Fiber.join(acknowledged)
      yield* failsWith(messages.receive, { _tag: "DecodeFailed" })
      assert.deepStrictEqual(yield* messages.receive, { ack: 1 })
      yield* failsWith(messages.receive, { _tag: "ConnectionClosed" })
    })
  )

  it.effect("whoever waits is told when what is left acknowledges nothing, though a taker is busy for ever", () =>
    Effect.gen(function* () {
      const { accept, client, messages } = yield* open()
      const first = yield* accept
      yield* messages.send("a")
      yield* say(first, { news: "n" })
      yield* start(Stream.runForEach(messages.messages, () => Effect.never))
      const acknowledged = yield* start(Effect.flip(messages.acknowledged))
      yield* stop(client, first)
      assert.strictEqual((yield* Fiber.join(acknowledged))._tag, "FateUnknown")
    })
  )

  it.effect("a taker that still decodes what it took is waited for", () =>
    Effect.gen(function* () {
      const decoded = yield* Deferred.make<void>()
      const { accept, client, messages } = yield* open({ codec: decoding(decoded) })
      const first = yield* accept
      yield* messages.send("a")
      yield* start(messages.receive)
      yield* say(first, { ack: 1 })
      yield* settle
      const acknowledged = yield* start(messages.acknowledged)
      yield* stop(client, first)
      assert.isTrue(yield* isWaiting(acknowledged))
      yield* Deferred.succeed(decoded, undefined)
      yield* Fiber.join(acknowledged)
    })
  )

  it.effect("who comes while what is left is still being decoded gets all of it, and the end behind it", () =>
    Effect.gen(function* () {
      const decoded = yield* Deferred.make<void>()
      const { accept, client, messages } = yield* open({ codec: decoding(decoded) })
      const first = yield* accept
      for (const news of ["n", "o"]) yield* say(first, { news })
      yield* settle
      yield* stop(client, first)
      const impatient = yield* start(messages.receive)
      const taking = yield* start(Stream.runCollect(messages.messages))
      yield* settle
      yield* Fiber.interrupt(impatient)
      assert.isTrue(yield* isWaiting(taking))
      yield* Deferred.succeed(decoded, undefined)
      assert.deepStrictEqual(yield* Fiber.join(taking), [{ news: "n" }, { news: "o" }])
    })
  )

  it.effect("Requests over it keeps no more than its bound, counts what it keeps by size, and sees what is left", () =>
    Effect.gen(function* () {
      const reliable = yield* AtLeastOnce.make({
        ...protocol,
        number: (text: string, n) => ({ n, text }),
        ackOf: ({ ack }) => ack,
        onDecodeError: () => Effect.void
      })
      const { accept, client } = yield* made({ onOpen: reliable.replay })
      const messages = reliable.over(client)
      const first = yield* accept
      yield* messages.send("a")
      const requests = yield* Requests.make(messages, { responseId: () => undefined, maxOthersBytes: 100 })
      const long = "x".repeat(60)
      for (const news of [long, long, "n"]) yield* say(first, { news })
      yield* say(first, { ack: 1 })
      yield* settle
      assert.lengthOf(yield* reliable.unacknowledged, 1)
      yield* stop(client, first)
      yield* messages.acknowledged
      const all = [{ news: long }, { news: long }, { news: "n" }, { ack: 1 }]
      assert.deepStrictEqual(yield* Stream.runCollect(requests.messages), all)
    })
  )

  it.effect("a run of messages that only stops early stops nothing", () =>
    Effect.gen(function* () {
      const { accept, messages } = yield* open()
      const first = yield* accept
      yield* say(first, { news: "one" })
      assert.strictEqual((yield* Stream.runCollect(Stream.take(messages.messages, 1))).length, 1)
      const receiving = yield* start(messages.receive)
      yield* Fiber.interrupt(receiving)
      yield* messages.send("a")
      assert.strictEqual(yield* next(first), "1 a")
    })
  )

  it.effect("leaving its scope is the end as well", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const reliable = yield* Scope.provide(make(), scope)
      const { client } = yield* made({ onOpen: reliable.replay })
      const messages = reliable.over(client)
      yield* messages.send("a")
      const acknowledged = yield* start(Effect.flip(messages.acknowledged))
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual((yield* Fiber.join(acknowledged))._tag, "NotSent")
      assert.strictEqual((yield* Effect.flip(messages.send("b")))._tag, "NotSent")
    })
  )
})
