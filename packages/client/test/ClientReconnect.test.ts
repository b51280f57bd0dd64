/** When a client connects again, on a clock that the test moves. */
import { assert, describe, it } from "@effect/vitest"
import { type ClientOptions, type Loss, Reconnect } from "@effect-websocket/client"
import { ServerPeer } from "@effect-websocket/client/testing"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"
import * as TestClock from "effect/testing/TestClock"
import { settle, start } from "./harness.ts"
import { drawing, made, refused, statuses, waitOut } from "./longLived.ts"

const minute = 60_000
const day = 24 * 60 * minute

const unavailable = (headers = "") => `HTTP/1.1 503 Service Unavailable\r\n${headers}Content-Length: 0\r\n\r\n`

/** Each part of the time holds its share of the moments, give or take 40 %. */
const assertEven = (
  moments: ReadonlyArray<number>,
  { from, parts, to }: { readonly from: number; readonly to: number; readonly parts: number }
) => {
  const length = (to - from) / parts
  const counts = new Array<number>(parts).fill(0)
  for (const at of moments) if (at >= from && at < to) counts[Math.floor((at - from) / length)]! += 1
  const share = counts.reduce((sum, count) => sum + count, 0) / parts
  for (const count of counts) assert.closeTo(count, share, 0.4 * share, String(counts))
}

describe("when a client connects again", () => {
  it.effect("an outage of a day: exact times, without drift", () =>
    Effect.gen(function* () {
      const { dials } = yield* refused()
      yield* TestClock.adjust("1 day")
      // Half of 1, 2, 4, 8 and 16 s, and from then on half of 30 s each time.
      const expected = [0, 500, 1500, 3500, 7500, 15_500]
      while (expected.at(-1)! + 15_000 <= day) expected.push(expected.at(-1)! + 15_000)
      assert.strictEqual(expected.length, 5764)
      assert.deepStrictEqual(dials, expected)
    }).pipe(drawing(0.5))
  )

  it.effect("the day after an outage of a day is like the first", () =>
    Effect.gen(function* () {
      const { accept, client, refuse } = yield* made()
      const seen = yield* statuses(client)
      for (let attempt = 1; attempt <= 20; attempt++) {
        yield* refuse
        yield* waitOut(client)
      }
      const { wire } = yield* accept
      yield* TestClock.adjust("1 day")
      wire.reset()
      yield* settle
      assert.deepInclude(seen.at(-1), { _tag: "Waiting", delay: Duration.millis(500), attempt: 1 })
    }).pipe(drawing(0.5))
  )

  it.effect("delays begin anew only after a connection has held for 5 s, not at its first message", () =>
    Effect.gen(function* () {
      const { accept, client, refuse } = yield* made()
      const seen = yield* statuses(client)
      yield* refuse
      yield* TestClock.adjust("500 millis")
      const hello = yield* accept
      yield* hello.server.send("hello")
      assert.strictEqual(yield* client.receive, "hello")
      yield* TestClock.adjust(4999)
      hello.wire.reset()
      yield* settle
      assert.deepInclude(seen.at(-1), { _tag: "Waiting", delay: Duration.millis(1000), attempt: 3 })
      yield* TestClock.adjust("1 second")
      const held = yield* accept
      yield* TestClock.adjust(5000)
      held.wire.reset()
      yield* settle
      assert.deepInclude(seen.at(-1), { _tag: "Waiting", delay: Duration.millis(500), attempt: 1 })
    }).pipe(drawing(0.5))
  )

  it.effect("`uptime` says how long it has to hold", () =>
    Effect.gen(function* () {
      const { accept, client, refuse } = yield* made({ reconnect: { uptime: "1 minute" } })
      const seen = yield* statuses(client)
      yield* refuse
      yield* TestClock.adjust("500 millis")
      const { wire } = yield* accept
      yield* TestClock.adjust("59 seconds")
      wire.reset()
      yield* settle
      assert.deepInclude(seen.at(-1), { delay: Duration.millis(1000) })
    }).pipe(drawing(0.5))
  )

  it.effect("a herd of 1,000 clients spreads over the first second", () =>
    Effect.gen(function* () {
      const herd = yield* Effect.all(Array.from({ length: 1000 }, () => refused()))
      yield* TestClock.adjust("1 second")
      const again = herd.map(({ dials }) => dials[1]!)
      assert.isAbove(new Set(again).size, 950)
      assertEven(again, { from: 0, to: 1000, parts: 10 })
    }).pipe(Random.withSeed("a herd"))
  )

  it.effect("a herd stays spread, far into an outage", () =>
    Effect.gen(function* () {
      const herd = yield* Effect.all(Array.from({ length: 60 }, () => refused()))
      yield* TestClock.adjust("5 minutes")
      const dials = herd.flatMap(({ dials }) => dials)
      assertEven(dials, { from: minute, to: 5 * minute, parts: 8 })
    }).pipe(Random.withSeed("a herd"))
  )

  it.effect("a Schedule of the program decides in place of the data, and begins anew as well", () =>
    Effect.gen(function* () {
      const { accept, client, refuse } = yield* made({ reconnect: Schedule.exponential("10 millis") })
      const seen = yield* statuses(client)
      const delays: Array<number> = []
      for (let i = 0; i < 4; i++) {
        yield* refuse
        const status = seen.at(-1)
        if (status?._tag === "Waiting") delays.push(Duration.toMillis(status.delay!))
        yield* waitOut(client)
      }
      const { wire } = yield* accept
      yield* TestClock.adjust("5 seconds")
      wire.reset()
      yield* settle
      assert.deepStrictEqual(delays, [10, 20, 40, 80])
      assert.deepInclude(seen.at(-1), { _tag: "Waiting", delay: Duration.millis(10) })
    })
  )

  it.effect("the end of a Schedule is the end of the client", () =>
    Effect.gen(function* () {
      const { client, dials } = yield* refused({ reconnect: Schedule.recurs(2) })
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(dials.length, 3)
      const error = yield* Effect.flip(client.receive)
      assert.deepInclude(yield* client.status, { _tag: "Stopped", by: "reconnect", cause: error })
      assert.strictEqual(error._tag === "ConnectError" && error.reason._tag, "Refused")
    })
  )

  const waitsAfter = (answer: string, options: Partial<ClientOptions> = {}) =>
    Effect.gen(function* () {
      const { client, network } = yield* made(options)
      const seen = yield* statuses(client)
      yield* ServerPeer.answer(yield* network.accept, answer)
      yield* settle
      const status = seen.at(-1)
      return status?._tag === "Waiting" ? Duration.toMillis(status.delay!) : status?._tag
    }).pipe(drawing(0.5))

  it.effect("a Retry-After in seconds is waited for, and a part of the delay on top", () =>
    Effect.map(waitsAfter(unavailable("Retry-After: 20\r\n")), (delay) => assert.strictEqual(delay, 20_500))
  )

  it.effect("a Retry-After as a date is waited for", () =>
    Effect.map(waitsAfter(unavailable("Retry-After: Thu, 01 Jan 1970 00:01:00 GMT\r\n")), (delay) =>
      assert.strictEqual(delay, 60_500)
    )
  )

  it.effect("a Retry-After is honoured up to 5 minutes, or to what the options say", () =>
    Effect.gen(function* () {
      const answer = unavailable("Retry-After: 86400\r\n")
      assert.strictEqual(yield* waitsAfter(answer), 5 * minute + 500)
      assert.strictEqual(yield* waitsAfter(answer, { maxRetryAfter: "1 hour" }), 60 * minute + 500)
    })
  )

  it.effect("a Retry-After that means nothing is none", () =>
    Effect.map(waitsAfter(unavailable("Retry-After: soon\r\n")), (delay) => assert.strictEqual(delay, 500))
  )
})

describe("a server that closes and leaves its socket open", () => {
  it.effect("is waited for a second at most, while the delay goes on; the status tells of the loss at once", () =>
    Effect.gen(function* () {
      const { accept, client, network } = yield* made()
      const { server } = yield* accept
      yield* server.close(1012)
      yield* settle
      assert.deepInclude(yield* client.status, { _tag: "Waiting", delay: Duration.millis(500) })
      const dial = yield* start(network.dial)
      yield* TestClock.adjust(999)
      assert.isUndefined(dial.pollUnsafe())
      yield* TestClock.adjust(1)
      yield* Fiber.join(dial)
    }).pipe(drawing(0.5))
  )
})

describe("whether a client connects again", () => {
  it.effect("it does not after what would fail in the same way", () =>
    Effect.gen(function* () {
      const { client, network } = yield* made()
      yield* ServerPeer.answer(yield* network.accept, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
      const error = yield* Effect.flip(client.receive)
      assert.strictEqual(error._tag === "ConnectError" && error.reason._tag, "HandshakeRejected")
      assert.deepStrictEqual(yield* client.status, { _tag: "Stopped", by: "onLost", cause: error })
    })
  )

  it.effect("onLost is asked after each loss, and told what it was", () =>
    Effect.gen(function* () {
      const losses: Array<Loss> = []
      const { accept, refuse } = yield* made({
        onLost: (loss) => Effect.sync(() => losses.push(loss)).pipe(Effect.as(Reconnect.retry))
      })
      yield* refuse
      yield* TestClock.adjust("1 second")
      const { server, wire } = yield* accept
      yield* TestClock.adjust("7 seconds")
      yield* server.close(1012)
      wire.end()
      yield* settle
      assert.deepInclude(losses[0], { attempt: 1, generation: undefined, uptime: undefined })
      assert.strictEqual(losses[0]!.cause._tag, "ConnectError")
      assert.deepInclude(losses[1], { attempt: 0, generation: 1, uptime: Duration.nanos(7_000_000_000n) })
      assert.deepInclude(losses[1]!.cause, { _tag: "ConnectionClosed", closeCode: 1012, by: "peer" })
    })
  )

  it.effect("onLost can stop, against the table", () =>
    Effect.gen(function* () {
      const { client, refuse } = yield* made({ onLost: () => Effect.succeed(Reconnect.stop) })
      yield* refuse
      assert.deepInclude(yield* client.status, { _tag: "Stopped", by: "onLost" })
    })
  )

  it.effect("onLost can name the delay, and leave other cases to the table", () =>
    Effect.gen(function* () {
      const { client, network, refuse } = yield* made({
        onLost: (loss) =>
          Effect.succeed(
            loss.cause._tag === "ConnectError" && loss.cause.reason._tag === "Refused"
              ? Reconnect.retryAfter("7 seconds")
              : Reconnect.decide(loss)
          )
      })
      const seen = yield* statuses(client)
      yield* refuse
      assert.deepInclude(seen.at(-1), { _tag: "Waiting", delay: Duration.seconds(7) })
      yield* TestClock.adjust("7 seconds")
      yield* ServerPeer.answer(yield* network.accept, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
      yield* settle
      assert.deepInclude(yield* client.status, { _tag: "Stopped", by: "onLost" })
    })
  )

  it.effect("onLost may take its time, as to refresh a token; the status tells", () =>
    Effect.gen(function* () {
      let token = "old"
      const { accept, client, network } = yield* made({
        headers: Effect.sync(() => ({ authorization: token })),
        onLost: () =>
          Effect.sync(() => {
            token = "new"
          }).pipe(Effect.delay("3 seconds"), Effect.as(Reconnect.retryAfter(0)))
      })
      const first = yield* network.accept
      const request = yield* ServerPeer.answer(first, "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n")
      assert.deepInclude(request.headers, ["authorization", "old"])
      yield* settle
      assert.deepInclude(yield* client.status, { _tag: "Waiting", delay: undefined })
      yield* TestClock.adjust("3 seconds")
      yield* settle
      const { server } = yield* accept
      assert.deepInclude(server.request.headers, ["authorization", "new"])
    })
  )

  it.effect("url, headers and subprotocols may be Effects that run once for each attempt", () =>
    Effect.gen(function* () {
      let attempt = 0
      const { client, network } = yield* made({
        url: Effect.sync(() => `ws://server.test/${++attempt}`),
        headers: Effect.sync(() => ({ "x-attempt": String(attempt) })),
        subprotocols: Effect.sync(() => [`v${attempt}`])
      })
      for (const n of ["1", "2", "3"]) {
        const request = yield* ServerPeer.answer(yield* network.accept, unavailable())
        assert.strictEqual(request.resourceName, `/${n}`)
        assert.deepInclude(request.headers, ["x-attempt", n])
        assert.deepStrictEqual(request.subprotocols, [`v${n}`])
        yield* settle
        yield* waitOut(client)
      }
    })
  )

  it.effect("a url that cannot be made is a loss, and tried again", () =>
    Effect.gen(function* () {
      let attempt = 0
      const url = Effect.suspend(() =>
        ++attempt < 3 ? Effect.fail("no directory") : Effect.succeed("ws://server.test/")
      )
      const { accept, client } = yield* made({ url })
      yield* settle
      const status = yield* client.status
      assert.deepInclude(status._tag === "Waiting" && status.cause._tag === "ConnectError" && status.cause.reason, {
        _tag: "OptionFailed",
        option: "url",
        cause: "no directory"
      })
      yield* waitOut(client)
      yield* waitOut(client)
      yield* accept
      assert.deepInclude(yield* client.status, { _tag: "Open", generation: 1 })
    })
  )
})
