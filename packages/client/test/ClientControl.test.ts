/** What the program asks of a client, in every state that it can be in. */
import { assert, describe, it } from "@effect/vitest"
import { type Client, type ClientOptions, Reconnect } from "@effect-websocket/client"
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { isWaiting, settle, start } from "./harness.ts"
import { drawing, made, type Served, statuses, tags } from "./longLived.ts"

type Made = Effect.Success<ReturnType<typeof made>>

/** Brings a client into each state, and answers the connection where there is one. */
const states: Record<
  string,
  { readonly options?: Partial<ClientOptions>; readonly reach: (made: Made) => Effect.Effect<Served | undefined> }
> = {
  Connecting: { reach: () => Effect.as(settle, undefined) },
  "Connecting, in onOpen": { options: { onOpen: () => Effect.never }, reach: ({ accept }) => accept },
  Open: { reach: ({ accept }) => accept },
  Waiting: { reach: ({ refuse }) => Effect.as(refuse, undefined) },
  "Waiting, in onLost": {
    options: { onLost: () => Effect.never },
    reach: ({ refuse }) => Effect.as(refuse, undefined)
  },
  Paused: {
    reach: ({ client }) => Effect.as(client.pause, undefined)
  }
}

const inEveryState = (
  name: string,
  test: (made: Made, served: Served | undefined, state: string) => Effect.Effect<void, unknown, never>
) => {
  for (const [state, { options, reach }] of Object.entries(states)) {
    it.effect(`${name}: ${state}`, () =>
      Effect.gen(function* () {
        const all = yield* made(options)
        const served = yield* reach(all)
        assert.strictEqual((yield* all.client.status)._tag, state.split(",")[0])
        yield* test(all, served, state)
      }).pipe(drawing(0.5))
    )
  }
}

/** Acquires for the connection what is released only after `release`. */
const slowToRelease = Effect.gen(function* () {
  const gate = yield* Deferred.make<void>()
  const acquired = Effect.acquireRelease(Effect.void, () => Deferred.await(gate))
  return { acquired, release: Deferred.succeed(gate, undefined) }
})

/** The server's part of a closing handshake. */
const sayGoodbye = ({ server, wire }: Served, closeCode: number, closeReason = "") =>
  Effect.gen(function* () {
    assert.deepStrictEqual(yield* server.next, { _tag: "Close", closeCode, closeReason })
    wire.end()
  })

const noMoreDials = Effect.fnUntraced(function* ({ network }: Made) {
  const dial = yield* start(network.dial)
  yield* TestClock.adjust("1 hour")
  assert.isUndefined(dial.pollUnsafe())
  yield* Fiber.interrupt(dial)
})

describe("close", () => {
  inEveryState("stops for good, and never connects again", (all, served) =>
    Effect.gen(function* () {
      const { client } = all
      const closing = yield* start(client.close(4001, "enough"))
      if (served !== undefined) yield* sayGoodbye(served, 4001, "enough")
      yield* settle
      const info = yield* Fiber.join(closing)
      assert.deepInclude(
        info,
        served === undefined ? { closeCode: 1006, clean: false } : { closeCode: 4001, clean: true }
      )
      assert.deepStrictEqual(yield* client.status, { _tag: "Stopped", by: "program" })
      assert.deepStrictEqual(yield* Stream.runCollect(client.messages), [])
      assert.deepInclude(yield* Effect.flip(client.receive), { _tag: "ConnectionClosed", by: "us" })
      assert.deepInclude(yield* Effect.flip(client.send("x")), { _tag: "NotSent", why: "stopped" })
      assert.deepInclude(yield* Effect.flip(client.connection), { _tag: "ConnectionClosed", by: "us" })
      assert.deepStrictEqual(yield* client.close(), info)
      yield* noMoreDials(all)
    })
  )

  it.effect("a send that does not wait is told that the client stops, also while the last connection is released", () =>
    Effect.gen(function* () {
      const { acquired, release } = yield* slowToRelease
      const options = { outbox: { whileDisconnected: "fail" }, onOpen: () => acquired } as const
      const { accept, client } = yield* made(options, { mute: true })
      const { wire } = yield* accept
      wire.stall()
      yield* client.send(new Uint8Array(100_000))
      yield* settle
      const waiting = yield* start(Effect.flip(client.send("x")))
      const closing = yield* start(client.close())
      yield* TestClock.adjust("10 seconds")
      const isClosing = yield* isWaiting(closing)
      const failures = [yield* Fiber.join(waiting), yield* Effect.flip(client.send("y"))]
      yield* release
      yield* Fiber.join(closing)
      assert.isTrue(isClosing)
      for (const failure of failures) assert.deepInclude(failure, { _tag: "NotSent", why: "stopped" })
    })
  )

  it.effect("interrupts a dial and a pending retry at once: no time passes", () =>
    Effect.gen(function* () {
      const { client, network } = yield* made()
      const dial = yield* network.dial
      yield* client.close()
      yield* dial.abandoned
      const second = yield* made()
      yield* second.refuse
      yield* second.client.close()
    })
  )

  it.effect("answers how the last connection ended, be it that it was lost", () =>
    Effect.gen(function* () {
      const { accept, client } = yield* made()
      const first = yield* accept
      const pausing = yield* start(client.pause)
      yield* sayGoodbye(first, 1000)
      yield* Fiber.join(pausing)
      yield* client.resume
      const second = yield* accept
      yield* second.server.close(4001, "later")
      second.wire.end()
      yield* settle
      assert.strictEqual((yield* client.status)._tag, "Waiting")
      assert.deepInclude(yield* client.close(), { closeCode: 4001, closeReason: "later", by: "peer", clean: true })
    })
  )

  it.effect("is refused when its words are not legal, and nothing happens", () =>
    Effect.gen(function* () {
      const { accept, client } = yield* made()
      yield* accept
      assert.deepInclude(yield* Effect.flip(client.close(1006)), { rule: "ReservedCloseCode", actual: 1006 })
      assert.deepInclude(yield* Effect.flip(client.close(1000, "x".repeat(124))), { rule: "CloseReasonTooLong" })
      assert.deepInclude(yield* client.status, { _tag: "Open" })
    })
  )

  it.effect("the first words count; all closes answer the same end", () =>
    Effect.gen(function* () {
      const { accept, client } = yield* made()
      const served = yield* accept
      const first = yield* start(client.close(4001, "first"))
      const second = yield* start(client.close(4002, "second"))
      yield* start(client.pause)
      yield* sayGoodbye(served, 4001, "first")
      assert.deepStrictEqual(yield* Fiber.join(first), yield* Fiber.join(second))
    })
  )

  it.effect("messages that came before are delivered, then the stream ends", () =>
    Effect.gen(function* () {
      const { accept, client } = yield* made()
      const served = yield* accept
      yield* served.server.send("before")
      yield* settle
      const closing = yield* start(client.close())
      yield* served.server.send("crossing")
      yield* sayGoodbye(served, 1000)
      yield* Fiber.join(closing)
      assert.deepStrictEqual(yield* Stream.runCollect(client.messages), ["before", "crossing"])
    })
  )

  it.effect("a server that never answers is waited for as long as a connection waits", () =>
    Effect.gen(function* () {
      const { accept, client } = yield* made({}, { mute: true })
      yield* accept
      const closing = yield* start(client.close())
      yield* TestClock.adjust(9999)
      assert.isTrue(yield* isWaiting(closing))
      yield* TestClock.adjust(1)
      assert.deepInclude(yield* Fiber.join(closing), { closeCode: 1006, by: "us", clean: false })
    })
  )
})

describe("leaving the scope", () => {
  const ways = {
    success: [Exit.void, 1000],
    interruption: [Exit.interrupt(), 1001],
    failure: [Exit.fail("no"), 1011]
  } as const
  for (const [name, [exit, closeCode]] of Object.entries(ways)) {
    inEveryState(`after ${name}`, (all, served) =>
      Effect.gen(function* () {
        const { client, leave } = all
        const leaving = yield* start(leave(exit))
        if (served !== undefined) yield* sayGoodbye(served, closeCode)
        yield* settle
        yield* Fiber.join(leaving)
        assert.deepStrictEqual(yield* client.status, { _tag: "Stopped", by: "program" })
        yield* noMoreDials(all)
      })
    )
  }

  it.effect("after an interruption a close that is going on is given up within 1 s", () =>
    Effect.gen(function* () {
      const { accept, client, leave } = yield* made({}, { mute: true })
      yield* accept
      const closing = yield* start(client.close())
      yield* settle
      const leaving = yield* start(leave(Exit.interrupt()))
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(leaving)
      assert.deepInclude(yield* Fiber.join(closing), { clean: false })
    })
  )
})

describe("pause and resume", () => {
  inEveryState("no connection until resume", (all, served, state) =>
    Effect.gen(function* () {
      const { accept, client } = all
      const pausing = yield* start(client.pause)
      if (served !== undefined) yield* sayGoodbye(served, 1000)
      yield* settle
      yield* Fiber.join(pausing)
      assert.deepStrictEqual(yield* client.status, { _tag: "Paused" })
      // A dial that was abandoned is over in silence.
      yield* noMoreDials(all)
      yield* client.resume
      yield* settle
      assert.deepStrictEqual(yield* client.status, { _tag: "Connecting", attempt: 1 })
      yield* accept
      if (state.includes("onOpen")) return
      assert.strictEqual((yield* client.status)._tag, "Open")
    })
  )

  it.effect("resume means nothing to a client that is not paused", () =>
    Effect.gen(function* () {
      const { accept, client } = yield* made()
      yield* accept
      yield* client.resume
      yield* settle
      assert.deepInclude(yield* client.status, { _tag: "Open", generation: 1 })
    })
  )

  it.effect("pause means nothing to a client that has stopped", () =>
    Effect.gen(function* () {
      const { client } = yield* made()
      yield* client.close()
      yield* client.pause
      yield* client.resume
      assert.deepInclude(yield* client.status, { _tag: "Stopped" })
      const failed = yield* made({ onLost: () => Effect.succeed(Reconnect.stop) })
      yield* failed.refuse
      yield* failed.client.pause
      assert.deepInclude(yield* failed.client.status, { _tag: "Stopped", by: "onLost" })
    })
  )

  it.effect("pause waits until what onOpen acquired is released, also when it is called again meanwhile", () =>
    Effect.gen(function* () {
      const { acquired, release } = yield* slowToRelease
      const { accept, client } = yield* made({ onOpen: () => acquired })
      const served = yield* accept
      const first = yield* start(client.pause)
      yield* sayGoodbye(served, 1000)
      yield* settle
      const second = yield* start(client.pause)
      yield* settle
      const waiting = [yield* isWaiting(first), yield* isWaiting(second)]
      yield* release
      yield* Fiber.join(first)
      yield* Fiber.join(second)
      assert.deepStrictEqual(waiting, [true, true])
    })
  )

  it.effect("a message that came while onOpen ran is delivered during a pause", () =>
    Effect.gen(function* () {
      const { accept, client } = yield* made({ onOpen: () => Effect.never })
      const served = yield* accept
      const taking = yield* start(client.receive)
      yield* served.server.send("a")
      yield* settle
      const pausing = yield* start(client.pause)
      yield* sayGoodbye(served, 1000)
      yield* Fiber.join(pausing)
      assert.strictEqual(yield* Fiber.join(taking), "a")
    })
  )

  it.effect("messages that came before a pause are delivered, and a stream goes on after it", () =>
    Effect.gen(function* () {
      const { accept, client } = yield* made()
      const served = yield* accept
      yield* served.server.send("before")
      yield* settle
      const pausing = yield* start(client.pause)
      yield* sayGoodbye(served, 1000)
      yield* Fiber.join(pausing)
      assert.strictEqual(yield* client.receive, "before")
      const next = yield* start(client.receive)
      yield* client.resume
      const again = yield* accept
      yield* again.server.send("after")
      assert.strictEqual(yield* Fiber.join(next), "after")
    })
  )
})

describe("reconnectNow", () => {
  it.effect("ends the wait for the next attempt", () =>
    Effect.gen(function* () {
      const { accept, client, refuse } = yield* made({ reconnect: { first: "30 seconds" } })
      yield* refuse
      assert.deepInclude(yield* client.status, { _tag: "Waiting", delay: Duration.seconds(15) })
      yield* client.reconnectNow
      yield* accept
      assert.deepInclude(yield* client.status, { _tag: "Open", generation: 1 })
    }).pipe(drawing(0.5))
  )

  it.effect("replaces an open connection by a new one, without asking onLost", () =>
    Effect.gen(function* () {
      const { accept, client } = yield* made({ onLost: () => Effect.die("a loss") })
      const seen = yield* statuses(client)
      const served = yield* accept
      yield* client.reconnectNow
      yield* sayGoodbye(served, 1000)
      yield* accept
      assert.deepInclude(yield* client.status, { _tag: "Open", generation: 2 })
      assert.deepStrictEqual(tags(seen), ["Connecting", "Open", "Connecting", "Open"])
    })
  )

  for (const state of ["Connecting", "Connecting, in onOpen", "Paused"]) {
    it.effect(`does nothing: ${state}`, () =>
      Effect.gen(function* () {
        const all = yield* made(states[state]!.options)
        yield* states[state]!.reach(all)
        const before = yield* all.client.status
        yield* all.client.reconnectNow
        yield* settle
        assert.deepStrictEqual(yield* all.client.status, before)
      })
    )
  }

  it.effect("waits a second at most for a peer that cannot be reached any more", () =>
    Effect.gen(function* () {
      const { accept, client, network } = yield* made({}, { mute: true })
      const { server } = yield* accept
      yield* client.reconnectNow
      const dialling = yield* start(network.dial)
      yield* TestClock.adjust(999)
      assert.isTrue(yield* isWaiting(dialling))
      assert.deepInclude(yield* server.next, { _tag: "Close", closeCode: 1000 })
      yield* TestClock.adjust(1)
      yield* Fiber.join(dialling)
    })
  )

  it.effect("asked for while connecting, it does not replace the connection that comes of it", () =>
    Effect.gen(function* () {
      const { accept, client } = yield* made()
      yield* client.reconnectNow
      yield* accept
      yield* TestClock.adjust("1 minute")
      assert.deepInclude(yield* client.status, { _tag: "Open", generation: 1 })
    })
  )

  it.effect("does nothing: Stopped", () =>
    Effect.gen(function* () {
      const all = yield* made()
      yield* all.client.close()
      yield* all.client.reconnectNow
      yield* noMoreDials(all)
    })
  )
})

describe("status", () => {
  it.effect("a follower that comes late begins with the status now, and ends with Stopped", () =>
    Effect.gen(function* () {
      const { accept, client } = yield* made()
      const served = yield* accept
      const late = yield* start(Stream.runCollect(client.statusChanges))
      const closing = yield* start(client.close())
      yield* sayGoodbye(served, 1000)
      yield* Fiber.join(closing)
      assert.deepStrictEqual(yield* Fiber.join(late), [
        { _tag: "Open", generation: 1, since: 0 },
        { _tag: "Stopped", by: "program" }
      ])
      assert.deepStrictEqual(yield* Stream.runCollect(client.statusChanges), [{ _tag: "Stopped", by: "program" }])
    })
  )

  it.effect("a slow follower misses the older ones, never the last", () =>
    Effect.gen(function* () {
      const { client, refuse } = yield* made({ onLost: () => Effect.succeed(Reconnect.retryAfter("1 second")) })
      const seen: Array<Client.Client["status"] extends Effect.Effect<infer S> ? S : never> = []
      const slow = yield* start(
        Stream.runForEach(client.statusChanges, (status) =>
          Effect.sync(() => seen.push(status)).pipe(Effect.delay("1 hour"))
        )
      )
      for (let i = 0; i < 100; i++) {
        yield* refuse
        yield* TestClock.adjust("1 second")
      }
      yield* client.close()
      yield* TestClock.adjust("30 hours")
      yield* Fiber.join(slow)
      assert.isBelow(seen.length, 25)
      assert.deepStrictEqual(seen.at(-1), { _tag: "Stopped", by: "program" })
    })
  )

  const ends = {
    "a loss": { end: (_: Made, { wire }: Served) => Effect.sync(() => wire.reset()), tag: "Waiting" },
    "a loss, with onLost": {
      options: { onLost: () => Effect.never },
      end: (_: Made, { wire }: Served) => Effect.sync(() => wire.reset()),
      tag: "Waiting"
    },
    "a loss that is the last": {
      options: { onLost: () => Effect.succeed(Reconnect.stop) },
      end: (_: Made, { wire }: Served) => Effect.sync(() => wire.reset()),
      tag: "Waiting"
    },
    pause: { end: ({ client }: Made) => client.pause, tag: "Paused" },
    reconnectNow: { end: ({ client }: Made) => client.reconnectNow, tag: "Connecting" },
    close: { end: ({ client }: Made) => client.close(), tag: "Stopped" }
  }
  for (const [name, { end, tag, ...rest }] of Object.entries(ends)) {
    it.effect(`is another than Open for a sender that is woken by ${name}`, () =>
      Effect.gen(function* () {
        const options = { outbox: { whileDisconnected: "fail" }, ...("options" in rest && rest.options) } as const
        const all = yield* made(options, { mute: true })
        const { client } = all
        const served = yield* all.accept
        served.wire.stall()
        const fate = yield* client.sendTracked(new Uint8Array(100_000))
        yield* settle
        const seen: Array<string> = []
        const look = Effect.map(client.status, ({ _tag }) => seen.push(_tag))
        const sending = yield* start(Effect.andThen(Effect.flip(client.send("x")), look))
        const waiting = yield* start(Effect.andThen(Effect.flip(fate), look))
        const ending = yield* start(end(all, served))
        yield* TestClock.adjust("10 seconds")
        yield* Fiber.join(ending)
        yield* Fiber.join(sending)
        yield* Fiber.join(waiting)
        assert.deepStrictEqual(seen, [tag, tag])
      })
    )
  }

  it.effect("connection waits for the next one", () =>
    Effect.gen(function* () {
      const { accept, client } = yield* made()
      const waiting = yield* start(client.connection)
      const { wire } = yield* accept
      const first = yield* Fiber.join(waiting)
      assert.strictEqual(first, yield* client.connection)
      wire.reset()
      yield* settle
      const next = yield* start(client.connection)
      yield* TestClock.adjust("1 second")
      yield* accept
      assert.notStrictEqual(yield* Fiber.join(next), first)
    })
  )
})

describe("a function of the program that dies", () => {
  it.effect("onLost: whoever waits dies of it, and the client has stopped", () =>
    Effect.gen(function* () {
      const { client, refuse } = yield* made({ onLost: () => Effect.die("a bug") })
      const reading = yield* start(Stream.runDrain(client.messages))
      const sending = yield* start(client.send("x"))
      yield* refuse
      assert.deepStrictEqual(yield* client.status, { _tag: "Stopped", by: "defect" })
      const exit = yield* Fiber.await(reading)
      assert.strictEqual(Exit.isFailure(exit) && Cause.squash(exit.cause), "a bug")
      assert.deepInclude(yield* Effect.flip(Fiber.join(sending)), { _tag: "NotSent", why: "stopped" })
    })
  )
})
