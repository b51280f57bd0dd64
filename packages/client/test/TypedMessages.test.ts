import { assert, describe, it } from "@effect/vitest"
import { type DecodeFailed, type Message, MessageCodec, WebSocket } from "@effect-websocket/client"
import { Pair } from "@effect-websocket/client/testing"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as SchemaBinary from "effect/encoding/SchemaBinary"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import * as SchemaTransformation from "effect/SchemaTransformation"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { bytes, isWaiting, settle, start } from "./harness.ts"

const Trade = Schema.Struct({ price: Schema.Number, at: Schema.Date })
const Order = Schema.Struct({ side: Schema.Literals(["buy", "sell"]), amount: Schema.Int })
const protocol = { receive: Trade, send: Order }

const json = (price: unknown) => JSON.stringify({ price, at: "2026-01-01T00:00:00.000Z" })
const trade = (price: number) => ({ price, at: new Date("2026-01-01T00:00:00.000Z") })
const order = { side: "buy", amount: 3 } as const

/** What the server sends goes out in one write, so that it is one batch. */
const sendTogether = ({ server }: Pair.Pair, ...messages: Array<Message>) => server.together(messages.map(server.send))

describe("receiving", () => {
  it.effect("text is JSON, and what comes is a value of the schema", () =>
    Effect.gen(function* () {
      const pair = yield* Pair.open()
      const typed = WebSocket.schema(pair.socket, protocol)
      yield* sendTogether(pair, json(1), json(2), json(3))
      assert.deepStrictEqual(yield* typed.receive, trade(1))
      assert.deepStrictEqual(yield* typed.receiveN(2), [trade(2), trade(3)])
    })
  )

  it.effect("a batch stays one array", () =>
    Effect.gen(function* () {
      const pair = yield* Pair.open()
      const typed = WebSocket.schema(pair.socket, protocol)
      const batches: Array<ReadonlyArray<unknown>> = []
      const taking = Stream.runForEachArray(typed.messages, (batch) => Effect.sync(() => batches.push(batch)))
      const running = yield* start(taking)
      yield* sendTogether(pair, json(1), json(2))
      yield* settle
      yield* sendTogether(pair, json(3))
      yield* settle
      yield* pair.server.close(1000)
      yield* Fiber.join(running)
      assert.deepStrictEqual(batches, [[trade(1), trade(2)], [trade(3)]])
    })
  )

  it.effect("the end is that of the connection", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* Pair.open()
      const typed = WebSocket.schema(socket, protocol)
      yield* server.close(4000, "done")
      const ends = [yield* Effect.flip(typed.receive), yield* Effect.flip(Stream.runDrain(typed.messages))]
      assert.deepStrictEqual(
        ends.map((end) => end._tag === "ConnectionClosed" && end.closeCode),
        [4000, 4000]
      )
    })
  )

  it.effect("a receive that is interrupted takes nothing", () =>
    Effect.gen(function* () {
      const pair = yield* Pair.open()
      const typed = WebSocket.schema(pair.socket, protocol)
      const receiving = yield* start(typed.receive)
      assert.isTrue(yield* isWaiting(receiving))
      yield* Fiber.interrupt(receiving)
      yield* sendTogether(pair, json(1))
      assert.deepStrictEqual(yield* typed.receive, trade(1))
    })
  )
})

describe("a message that does not decode", () => {
  it.effect("by default whoever takes it fails, and the messages after it are still there", () =>
    Effect.gen(function* () {
      const pair = yield* Pair.open()
      const typed = WebSocket.schema(pair.socket, protocol)
      yield* sendTogether(pair, json(1), "nonsense", json(2), json("x"), json(3))
      const taken: Array<unknown> = []
      const take = Stream.runForEach(typed.messages, (value) => Effect.sync(() => taken.push(value)))
      const first = yield* Effect.flip(take)
      assert.deepStrictEqual(taken, [trade(1)])
      assert.strictEqual(first._tag, "DecodeFailed")
      assert.deepStrictEqual(yield* typed.receive, trade(2))
      const second = yield* Effect.flip(typed.receive)
      assert.deepInclude(second, { _tag: "DecodeFailed", kind: "text" })
      assert.deepStrictEqual(yield* typed.receiveN(5), [trade(3)])
      assert.strictEqual(yield* typed.skipped, 0)
    })
  )

  it.effect("the error says where it is wrong, and shows the beginning, escaped and cut", () =>
    Effect.gen(function* () {
      const pair = yield* Pair.open()
      const typed = WebSocket.schema(pair.socket, protocol)
      const fails = (message: Message) =>
        Effect.andThen(
          sendTogether(pair, message),
          Effect.map(Effect.flip(typed.receive), (error) => error)
        )
      const wrongField = (yield* fails(JSON.stringify({ price: 1, at: 5 }))) as DecodeFailed
      assert.include(wrongField.problem, `["at"]`)
      assert.strictEqual(wrongField.received, `"{"price":1,"at":5}"`)
      const hostile = (yield* fails(`\u001b[31m${"x".repeat(5000)}`)) as DecodeFailed
      assert.isBelow(hostile.message.length, 800)
      assert.notMatch(hostile.message, /\p{Cc}/u)
      const binary = (yield* fails(new Uint8Array(100).fill(0xab))) as DecodeFailed
      assert.deepInclude(binary, {
        kind: "binary",
        received: `0x${"ab".repeat(32)}...`,
        problem: "Expected JSON text, not a binary message"
      })
    })
  )

  it.effect("that exhausts the stack of a recursive schema does not decode, and its neighbours are there", () =>
    Effect.gen(function* () {
      interface Tree extends ReadonlyArray<Tree> {}
      const Tree = Schema.Array(Schema.suspend((): Schema.Codec<Tree> => Tree))
      const pair = yield* Pair.open()
      const typed = WebSocket.schema(pair.socket, { receive: Tree, send: Tree })
      const deep = "[".repeat(20_000) + "]".repeat(20_000)
      yield* sendTogether(pair, "[]", "[[]]", deep, "[[],[]]")
      assert.deepStrictEqual(yield* typed.receiveN(4), [[], [[]]])
      const failure = yield* Effect.flip(typed.receive)
      assert.deepInclude(failure, { _tag: "DecodeFailed", problem: "it is nested too deep" })
      assert.deepStrictEqual(yield* typed.receiveN(4), [[[], []]])
    })
  )

  it.effect("whatever a schema of the program's dies of, the taker dies of, once", () =>
    Effect.gen(function* () {
      const throws = (text: string) => {
        if (text === "thrown") throw new Error("a bug")
        return text
      }
      const faulty = SchemaTransformation.transform({ decode: throws, encode: (text: string) => text })
      const dying = SchemaTransformation.transformEffect({
        decode: (text: string) =>
          text === "died" ? Effect.andThen(Effect.yieldNow, Effect.die(new Error("another"))) : Effect.succeed(text),
        encode: (text: string) => Effect.succeed(text)
      })
      const receive = Schema.String.pipe(Schema.decodeTo(Schema.String, faulty), Schema.decodeTo(Schema.String, dying))
      const pair = yield* Pair.open()
      const typed = WebSocket.schema(pair.socket, { receive, send: Schema.String, onDecodeError: () => Effect.void })
      yield* sendTogether(pair, '"a"', '"thrown"', '"b"', '"died"', '"c"')
      assert.deepStrictEqual(yield* typed.receiveN(5), ["a"])
      assert.deepStrictEqual(yield* Effect.exit(typed.receive), Exit.die(new Error("a bug")))
      assert.deepStrictEqual(yield* typed.receiveN(5), ["b"])
      assert.deepStrictEqual(yield* Effect.exit(typed.receive), Exit.die(new Error("another")))
      assert.deepStrictEqual(yield* typed.receiveN(0), ["c"])
    })
  )

  it.effect("a handler that throws is a defect of the taker's, and the next message is there", () =>
    Effect.gen(function* () {
      const pair = yield* Pair.open()
      const onDecodeError = () => {
        throw new Error("a bug")
      }
      const typed = WebSocket.schema(pair.socket, { ...protocol, onDecodeError })
      yield* sendTogether(pair, "a", json(1))
      assert.deepStrictEqual(yield* Effect.exit(typed.receive), Exit.die(new Error("a bug")))
      assert.deepStrictEqual(yield* typed.receive, trade(1))
    })
  )

  it.effect("a policy that does nothing leaves it out and counts it", () =>
    Effect.gen(function* () {
      const pair = yield* Pair.open()
      const typed = WebSocket.schema(pair.socket, { ...protocol, onDecodeError: () => Effect.void })
      yield* sendTogether(pair, "a", json(1), "b", "c", json(2), "d")
      assert.deepStrictEqual(yield* typed.receive, trade(1))
      assert.deepStrictEqual(yield* typed.receive, trade(2))
      const receiving = yield* start(typed.receive)
      assert.isTrue(yield* isWaiting(receiving))
      assert.strictEqual(yield* typed.skipped, 4)
      yield* sendTogether(pair, json(3))
      assert.deepStrictEqual(yield* Fiber.join(receiving), trade(3))
    })
  )

  it.effect("a handler sees it raw, after what came before it and before what came after", () =>
    Effect.gen(function* () {
      const pair = yield* Pair.open()
      const seen: Array<unknown> = []
      const typed = WebSocket.schema(pair.socket, {
        ...protocol,
        onDecodeError: (failure, message) => Effect.sync(() => seen.push([failure._tag, message]))
      })
      yield* sendTogether(pair, json(1), "dead letter", json(2))
      yield* pair.server.close(1000)
      yield* Stream.runForEach(typed.messages, ({ price }) => Effect.sync(() => seen.push(price)))
      assert.deepStrictEqual(seen, [1, ["DecodeFailed", "dead letter"], 2])
      assert.strictEqual(yield* typed.skipped, 1)
    })
  )

  it.effect("what a handler fails with is what the taker fails with", () =>
    Effect.gen(function* () {
      const pair = yield* Pair.open()
      const typed = WebSocket.schema(pair.socket, { ...protocol, onDecodeError: () => Effect.fail("enough" as const) })
      yield* sendTogether(pair, "a", json(1))
      assert.strictEqual(yield* Effect.flip(typed.receive), "enough")
      assert.deepStrictEqual(yield* typed.receive, trade(1))
    })
  )

  it.effect("a handler that was interrupted is asked again", () =>
    Effect.gen(function* () {
      const pair = yield* Pair.open()
      let asked = 0
      const typed = WebSocket.schema(pair.socket, {
        ...protocol,
        onDecodeError: () => Effect.suspend(() => (++asked === 1 ? Effect.never : Effect.void))
      })
      yield* sendTogether(pair, "a", json(1))
      const receiving = yield* start(typed.receive)
      assert.isTrue(yield* isWaiting(receiving))
      yield* Fiber.interrupt(receiving)
      assert.deepStrictEqual(yield* typed.receive, trade(1))
      assert.strictEqual(asked, 2)
    })
  )
})

describe("sending", () => {
  it.effect("a value is encoded, and several are one write", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* Pair.open()
      const typed = WebSocket.schema(socket, protocol)
      yield* typed.send(order)
      yield* typed.sendAll([order, { ...order, amount: 4 }])
      const sent = [yield* server.next, yield* server.next, yield* server.next]
      assert.deepStrictEqual(
        sent.map((event) => event._tag === "Message" && event.message),
        [3, 3, 4].map((amount) => JSON.stringify({ side: "buy", amount }))
      )
    })
  )

  it.effect("what does not encode is a typed error, and nothing of it is sent", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* Pair.open()
      const typed = WebSocket.schema(socket, protocol)
      const wrong = { ...order, amount: 0.5 }
      const failures = [yield* Effect.flip(typed.send(wrong)), yield* Effect.flip(typed.sendAll([order, wrong]))]
      for (const failure of failures) {
        assert.strictEqual(failure._tag, "EncodeFailed")
        assert.include(failure.message, `["amount"]`)
      }
      yield* typed.send(order)
      assert.deepStrictEqual(yield* server.next, { _tag: "Message", message: JSON.stringify(order) })
    })
  )

  it.effect("the connection's own errors stay what they are", () =>
    Effect.gen(function* () {
      const { socket, wire } = yield* Pair.open()
      wire.reset()
      yield* socket.closed
      const failure = yield* Effect.flip(WebSocket.schema(socket, protocol).send(order))
      assert.strictEqual(failure._tag, "ConnectionClosed")
    })
  )
})

describe("codecs", () => {
  const Both = Schema.Struct({ id: Schema.Int, at: Schema.Date })
  const value = { id: 1, at: new Date(0) }

  it.effect("binary, by a codec of effect/encoding", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* Pair.open()
      const typed = WebSocket.schema(socket, { receive: Both, send: Both, codec: SchemaBinary.toCodec })
      yield* typed.send(value)
      const event = yield* server.next
      assert.isTrue(event._tag === "Message" && event.message instanceof Uint8Array)
      yield* server.send((event as { message: Message }).message)
      assert.deepStrictEqual(yield* typed.receive, value)
      yield* server.send("text")
      assert.strictEqual((yield* Effect.flip(typed.receive))._tag, "DecodeFailed")
    })
  )

  /** A length in front of JSON: stands for MessagePack and the like, which throw. */
  const framed = MessageCodec.make({
    decode: (message) => {
      if (typeof message === "string" || message[0] !== message.length - 1) throw new RangeError("wrong length")
      return JSON.parse(new TextDecoder().decode(message.subarray(1)))
    },
    encode: (value) => {
      if (value === null) throw "no null"
      const body = bytes(JSON.stringify(value))
      return Uint8Array.of(body.length, ...body)
    }
  })

  it.effect("binary, by two functions of the program's, which may throw", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* Pair.open()
      const Body = Schema.NullOr(Schema.Struct({ n: Schema.NumberFromString }))
      const typed = WebSocket.schema(socket, { receive: Body, send: Body, codec: framed })
      yield* typed.send({ n: 7 })
      assert.deepStrictEqual(yield* server.next, {
        _tag: "Message",
        message: Uint8Array.of(9, ...bytes(`{"n":"7"}`))
      })
      yield* server.send(Uint8Array.of(9, ...bytes(`{"n":"8"}`)))
      assert.deepStrictEqual(yield* typed.receive, { n: 8 })
      yield* server.send(Uint8Array.of(9))
      assert.deepInclude(yield* Effect.flip(typed.receive), { _tag: "DecodeFailed", problem: "wrong length" })
      assert.deepInclude(yield* Effect.flip(typed.send(null)), { _tag: "EncodeFailed", problem: "no null" })
    })
  )

  it.effect("a codec may take time: order is kept, and an interrupted receive loses nothing", () =>
    Effect.gen(function* () {
      const pair = yield* Pair.open()
      const slow = MessageCodec.makeEffect({
        decode: (message) =>
          message === "bad" ? Effect.fail(new Error("sealed")) : Effect.delay(Effect.succeed(message), "1 second"),
        encode: (value) => Effect.delay(Effect.succeed(String(value)), "1 second")
      })
      const typed = WebSocket.schema(pair.socket, { receive: Schema.String, send: Schema.String, codec: slow })
      yield* sendTogether(pair, "1", "2", "bad", "3")
      const interrupted = yield* start(typed.receiveN(4))
      yield* TestClock.adjust("1500 millis")
      yield* Fiber.interrupt(interrupted)
      const first = yield* start(typed.receiveN(4))
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(yield* Fiber.join(first), ["1", "2"])
      assert.deepInclude(yield* Effect.flip(typed.receive), { problem: "sealed" })
      const last = yield* start(typed.receive)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* Fiber.join(last), "3")
      const sending = yield* start(typed.send("out"))
      assert.isTrue(yield* isWaiting(sending))
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* pair.server.next, { _tag: "Message", message: "out" })
    })
  )

  it.effect("a schema may take time as well, and fail", () =>
    Effect.gen(function* () {
      const pair = yield* Pair.open()
      const Known = Schema.String.pipe(
        Schema.decodeTo(
          Schema.String,
          SchemaTransformation.transformEffect({
            decode: (name: string) =>
              Effect.delay(
                name === "who"
                  ? Effect.fail(new SchemaIssue.InvalidValue({ message: "nobody" }))
                  : Effect.succeed(name),
                "1 second"
              ),
            encode: (name: string) => Effect.succeed(name)
          })
        )
      )
      const typed = WebSocket.schema(pair.socket, { receive: Known, send: Known, onDecodeError: () => Effect.void })
      yield* sendTogether(pair, `"who"`, `"ada"`)
      const receiving = yield* start(typed.receive)
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual(yield* Fiber.join(receiving), "ada")
      assert.strictEqual(yield* typed.skipped, 1)
    })
  )
})
