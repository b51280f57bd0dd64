/**
 * A server that is killed and started again, 50 times, while 20 clients send it numbered messages: what at-least-once
 * promises, looked at from both ends. The server's process tells each message that it got (`server.ts`).
 */
import { fileURLToPath } from "node:url"
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { AtLeastOnce, Client } from "@effect-websocket/client"
import { Transport } from "@effect-websocket/transport"
import * as Console from "effect/Console"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { ChildProcess } from "effect/process"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { leavesNothing } from "../../packages/client/test/left.ts"

const kills = 50
const clients = 20

describe("a server that is killed and started again", () => {
  it.live("50 times, under 20 clients that send numbered messages: each arrives at least once, in order", () =>
    Effect.gen(function* () {
      const [took, ends] = yield* Effect.timed(leavesNothing(conversation))
      const sum = (of: (end: End) => number) => ends.reduce((sum, end) => sum + of(end), 0)
      yield* Console.log(
        [
          `${kills} kills under ${clients} clients, ${Duration.toSeconds(took).toFixed(1)} s`,
          `${sum(({ accepted }) => accepted)} messages accepted, ${sum(({ arrived }) => arrived.length)} arrivals`,
          `${sum(duplicatesOf)} of them duplicates, ${sum(({ openings }) => openings.length)} connections`,
          `${sum(({ left }) => left.length)} not acknowledged when the clients stopped`
        ].join("\n")
      )
      for (const end of ends) holds(end)
      assert.isAbove(sum(duplicatesOf), 0, "a kill always finds something on its way")
      assert.isAtLeast(
        sum(({ openings }) => openings.length),
        kills
      )
    }).pipe(Effect.provide([Transport.layer, NodeServices.layer]))
  )
})

/** What became of one client's messages. */
interface End {
  readonly accepted: number
  /** What the servers got, in order. */
  readonly arrived: ReadonlyArray<number>
  /** What was not acknowledged when a connection opened. */
  readonly openings: ReadonlyArray<ReadonlySet<number>>
  /** What was never acknowledged, with its fate. */
  readonly left: ReadonlyArray<AtLeastOnce.Unacknowledged>
}

const duplicatesOf = ({ arrived }: End) => arrived.length - new Set(arrived).size

const holds = ({ accepted, arrived, left, openings }: End) => {
  const counts = new Map<number, number>()
  for (const number of arrived) counts.set(number, (counts.get(number) ?? 0) + 1)

  const first = left[0]?.number ?? accepted + 1
  for (let number = 1; number < first; number++) {
    assert.isTrue(counts.has(number), `${number} was acknowledged, so it arrived`)
  }

  for (const [number, count] of counts) {
    const sentAgain = openings.filter((unacknowledged) => unacknowledged.has(number)).length
    assert.isAtMost(count - 1, sentAgain, `${number} came twice only where it was not acknowledged at a kill`)
  }

  const known: Array<number> = []
  for (const number of arrived) if (number > (known.at(-1) ?? 0)) known.push(number)
  const inOrder = Array.from(known, (_, i) => i + 1)
  assert.deepStrictEqual(known, inOrder, "without the numbers that it knows, the receiver has each once, in order")

  assert.deepStrictEqual(
    left.map(({ number }) => number),
    Array.from({ length: accepted - first + 1 }, (_, i) => first + i),
    "everything that is not acknowledged has its fate"
  )
  for (const { fate, number } of left) {
    if (fate === "NotSent") assert.isFalse(counts.has(number), `${number} was not sent, so it did not arrive`)
  }
}

const conversation = Effect.gen(function* () {
  const arrivals = new Map<string, Array<number>>()
  const port = yield* Deferred.make<number>()
  const killed = yield* Deferred.make<void>()
  const enough = yield* Deferred.make<void>()
  const serving = yield* Effect.forkScoped(
    Effect.gen(function* () {
      for (let i = 0; i < kills; i++) yield* serve(port, arrivals, messagesBefore(i))
      yield* Deferred.succeed(killed, undefined)
      yield* serve(port, arrivals, Number.POSITIVE_INFINITY, Deferred.await(enough))
    })
  )
  const at = yield* Deferred.await(port)
  const ids = Array.from({ length: clients }, (_, i) => String(i))
  const sending = yield* Effect.forEach(ids, (id) => send(`ws://127.0.0.1:${at}/?client=${id}`))
  yield* Deferred.await(killed)
  yield* Effect.forEach(sending, ({ acknowledged }) => acknowledged, { concurrency: "unbounded" })
  // The last kill, after which there is no server.
  yield* Deferred.succeed(enough, undefined)
  yield* Fiber.join(serving)
  return yield* Effect.forEach(sending, ({ stop }, i) =>
    Effect.map(stop, (end): End => ({ ...end, arrived: arrivals.get(ids[i]!) ?? [] }))
  )
})

/** Different moments, so that a kill meets clients while they dial, while they send again, and while they send. */
const messagesBefore = (kill: number) => 20 + ((kill * 137) % 500)

/** A server that is killed when it has got so many messages, or it is enough. Ends when all is read that it has told. */
const serve = Effect.fnUntraced(function* (
  port: Deferred.Deferred<number>,
  arrivals: Map<string, Array<number>>,
  messages: number,
  enough: Effect.Effect<void> = Effect.never
) {
  const at = (yield* Deferred.isDone(port)) ? yield* Deferred.await(port) : 0
  const file = fileURLToPath(new URL("server.ts", import.meta.url))
  const server = yield* ChildProcess.make(process.execPath, [file, String(at)], {
    stderr: "inherit",
    killSignal: "SIGKILL"
  })
  let got = 0
  yield* Effect.forkScoped(Effect.andThen(enough, server.kill()))
  yield* server.stdout.pipe(
    Stream.decodeText(),
    Stream.splitLines,
    Stream.runForEach((line) => {
      const [client, number] = line.split(" ")
      if (client === "listening") return Deferred.succeed(port, Number(number))
      const arrived = arrivals.get(client!) ?? []
      arrivals.set(client!, arrived)
      arrived.push(Number(number))
      return ++got === messages ? server.kill() : Effect.void
    })
  )
}, Effect.scoped)

/** A client that sends as fast as it is acknowledged, until it is stopped. */
const send = Effect.fnUntraced(function* (url: string) {
  const openings: Array<ReadonlySet<number>> = []
  let accepted = 0
  const reliable = yield* AtLeastOnce.make({
    receive: Schema.Struct({ ack: Schema.Int }),
    send: Schema.Struct({ n: Schema.Int }),
    number: (_: undefined, n) => ({ n }),
    ackOf: ({ ack }) => ack,
    maxMessages: 8
  })
  const client = yield* Client.make({
    url,
    reconnect: { first: "10 millis", max: "100 millis" },
    onOpen: (connection) =>
      Effect.flatMap(reliable.unacknowledged, (unacknowledged) => {
        openings.push(new Set(unacknowledged.map(({ number }) => number)))
        return reliable.replay(connection)
      })
  })
  const messages = reliable.over(client)
  const reading = yield* Effect.forkScoped(Stream.runDrain(messages.messages))
  const sendOne = Effect.map(messages.send(undefined), () => accepted++)
  const sending = yield* Effect.forkScoped(Effect.flip(Effect.forever(sendOne)))
  const stop = Effect.gen(function* () {
    yield* client.close()
    yield* Fiber.join(reading)
    const failure = yield* Fiber.join(sending)
    assert.strictEqual(failure._tag, "NotSent")
    return { accepted, openings, left: yield* reliable.unacknowledged }
  })
  return { acknowledged: messages.acknowledged, stop }
})
