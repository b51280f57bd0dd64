/** The fiber that connections share: whose alarms it rings, and what becomes of them when its host ends. */
import { assert, describe, it } from "@effect/vitest"
import { WebSocket } from "@effect-websocket/client"
import { ServerPeer } from "@effect-websocket/client/testing"
import { Transport } from "@effect-websocket/transport"
import { MemoryTransport } from "@effect-websocket/transport/testing"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { MaxOpsBeforeYield } from "effect/Scheduler"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import * as Attendant from "../src/internal/Attendant.ts"
import { HandClock } from "./handClock.ts"
import { settle, start } from "./harness.ts"

class Name extends Context.Service<Name, string>()("test/Name") {}

/** An attendant, and what it did. */
const attendedIn = Effect.fnUntraced(function* (layer: Scope.Scope | undefined) {
  const attendant = new Attendant.Attendant(yield* Clock.Clock, layer)
  const done: Array<string> = []
  const says = (what: string): Effect.Effect<void> =>
    Effect.contextWith((context: Context.Context<never>) =>
      Effect.sync(() => {
        done.push(Context.getUnsafe(context, Name) + what)
      })
    )
  const member = Effect.fnUntraced(function* (name: string) {
    const scope = yield* Scope.make()
    yield* Effect.addFinalizer((exit) => Scope.close(scope, exit))
    const self = {
      scope,
      context: Context.add(
        Context.make(Name, name),
        MaxOpsBeforeYield,
        yield* MaxOpsBeforeYield
      ) as Context.Context<never>,
      failed: (cause: Cause.Cause<never>) => says(String(Cause.squash(cause))),
      seat: undefined
    }
    yield* attendant.join(self)
    const alarm = (seconds: number, what: string): Attendant.Alarm => {
      const at = seconds * 1_000_000_000
      const alarm = { at, index: undefined, ring: () => attendant.start(self, says(what)) }
      attendant.set(alarm)
      return alarm
    }
    const ends = Effect.suspend(() => {
      attendant.leave(self)
      return Scope.close(scope, Exit.void)
    })
    return { alarm, ends, self, start: (what: string) => attendant.start(self, says(what)) }
  })
  const wait = (seconds: number) => Effect.map(TestClock.adjust(`${seconds} seconds`), () => done.splice(0))
  return { attendant, member, wait }
})

const attended = attendedIn(undefined)

describe("Attendant", () => {
  it.effect("rings each alarm at its moment, in the scope and with the context of the one that set it", () =>
    Effect.gen(function* () {
      const { member, wait } = yield* attended
      const [a, b] = [yield* member("a"), yield* member("b")]
      a.alarm(20, "20")
      b.alarm(10, "10")
      a.alarm(10, "10")
      assert.deepStrictEqual(yield* wait(9), [])
      assert.deepStrictEqual((yield* wait(1)).sort(), ["a10", "b10"])
      // Earlier than what it sleeps for.
      b.alarm(15, "15")
      assert.deepStrictEqual(yield* wait(5), ["b15"])
      assert.deepStrictEqual(yield* wait(5), ["a20"])
    })
  )

  it.effect("misses nothing that comes while its fiber has yielded, be it just before it waits", () =>
    Effect.gen(function* () {
      for (let budget = 5; budget < 40; budget++) {
        const { member, wait } = yield* attended
        const a = yield* Effect.provideService(member("a"), MaxOpsBeforeYield, budget)
        yield* wait(0)
        // With so few steps at a time it has yielded somewhere after each of them.
        for (const turns of [0, 1, 2, 3, 4, 5]) {
          a.start("first")
          for (let turn = 0; turn < turns; turn++) yield* Effect.yieldNow
          a.start("second")
          assert.deepStrictEqual(yield* wait(1), ["afirst", "asecond"], `${budget} steps, ${turns} turns`)
        }
      }
    })
  )

  it.effect("does not ring an alarm that was unset, nor start a task for one that has left", () =>
    Effect.gen(function* () {
      const { attendant, member, wait } = yield* attended
      const [a, b] = [yield* member("a"), yield* member("b")]
      attendant.unset(a.alarm(5, "5"))
      a.alarm(10, "10")
      b.alarm(10, "10")
      yield* b.ends
      b.start("now")
      assert.deepStrictEqual(yield* wait(20), ["a10"])
    })
  )

  it.effect("tells who it belongs to when what it started dies, and goes on", () =>
    Effect.gen(function* () {
      const { attendant, member, wait } = yield* attended
      const [a, b] = [yield* member("a"), yield* member("b")]
      attendant.start(a.self, Effect.die("of it"))
      b.alarm(10, "10")
      assert.deepStrictEqual(yield* wait(10), ["aof it", "b10"])
    })
  )

  it.effect("starts a task at once", () =>
    Effect.gen(function* () {
      const { member, wait } = yield* attended
      const [a, b] = [yield* member("a"), yield* member("b")]
      b.start("now")
      a.start("now")
      assert.deepStrictEqual(yield* wait(0), ["bnow", "anow"])
    })
  )

  it.effect(
    "goes on when the one that it runs in ends: in the next, until there is none, and again in a later one",
    () =>
      Effect.gen(function* () {
        const { member, wait } = yield* attended
        const [a, b, c] = [yield* member("a"), yield* member("b"), yield* member("c")]
        for (const one of [a, b, c]) one.alarm(30, "30")
        for (const one of [b, c]) one.alarm(60, "60")
        yield* wait(10)
        yield* a.ends
        assert.deepStrictEqual((yield* wait(20)).sort(), ["b30", "c30"])
        // One whose scope is closed, but that has not left yet, cannot take it over.
        yield* Scope.close(c.self.scope, Exit.void)
        yield* b.ends
        assert.deepStrictEqual(yield* wait(30), [])
        const d = yield* member("d")
        d.alarm(70, "70")
        assert.deepStrictEqual(yield* wait(10), ["d70"])
      })
  )

  it.effect("goes on when the one that it runs in ends because of what it has just started", () =>
    Effect.gen(function* () {
      const { attendant, member, wait } = yield* attended
      const [a, b] = [yield* member("a"), yield* member("b")]
      const scope = yield* Effect.scope
      const answer = Effect.asVoid(Effect.forkIn(a.ends, scope, { startImmediately: true }))
      attendant.set({ at: 10_000_000_000, index: undefined, ring: () => attendant.start(a.self, answer) })
      b.alarm(20, "20")
      assert.deepStrictEqual(yield* wait(20), ["b20"])
    })
  )

  it.effect("stays in one that has left, as long as its scope is open", () =>
    Effect.gen(function* () {
      const { attendant, member, wait } = yield* attended
      const a = yield* member("a")
      attendant.leave(a.self)
      const b = yield* member("b")
      b.alarm(10, "10")
      assert.deepStrictEqual(yield* wait(10), ["b10"])
      yield* a.ends
      b.alarm(20, "20")
      assert.deepStrictEqual(yield* wait(10), ["b20"])
    })
  )

  it.effect("stays in the scope of the layer, and goes on in a connection if that closes first", () =>
    Effect.gen(function* () {
      const layer = yield* Scope.make()
      const { member, wait } = yield* attendedIn(layer)
      const [a, b] = [yield* member("a"), yield* member("b")]
      for (const seconds of [10, 20, 30]) b.alarm(seconds, String(seconds))
      yield* a.ends
      assert.deepStrictEqual(yield* wait(10), ["b10"])
      yield* Scope.close(layer, Exit.void)
      assert.deepStrictEqual(yield* wait(10), ["b20"])
      const c = yield* member("c")
      yield* b.ends
      c.alarm(40, "40")
      assert.deepStrictEqual(yield* wait(20), ["c40"])
    })
  )

  it.effect("ends when nobody is left, a turn later, and begins again with the next", () =>
    Effect.gen(function* () {
      const layer = yield* Scope.make()
      const { member, wait } = yield* attendedIn(layer)
      yield* (yield* member("a")).ends
      assert.strictEqual(layer.state._tag, "Open")
      // Within this turn it serves the next one too.
      const b = yield* member("b")
      yield* Effect.yieldNow
      assert.strictEqual(layer.state._tag, "Open")
      yield* b.ends
      yield* Effect.yieldNow
      assert.strictEqual(layer.state._tag, "Empty")
      const c = yield* member("c")
      c.alarm(10, "10")
      assert.deepStrictEqual(yield* wait(10), ["c10"])
    })
  )

  it.effect("does not sleep for nothing for longer than a turn of the event loop", () =>
    Effect.gen(function* () {
      const clock = new HandClock()
      const layer = yield* Effect.scope
      const { attendant, member } = yield* Effect.provideService(attendedIn(layer), Clock.Clock, clock)
      const a = yield* member("a")
      attendant.unset(a.alarm(10, "10"))
      // Within this turn the same timer serves the next alarm.
      const next = a.alarm(20, "20")
      yield* Effect.yieldNow
      assert.strictEqual(clock.slept, 1)
      attendant.unset(next)
      assert.strictEqual(clock.sleeping, 1)
      yield* Effect.yieldNow
      assert.strictEqual(clock.sleeping, 0)
      a.alarm(30, "30")
      assert.strictEqual(clock.sleeping, 1)
    })
  )

  it.effect("does not sleep for nothing either if the last alarm was unset while the timer was started", () =>
    Effect.gen(function* () {
      // With few steps at a time, the fiber yields somewhere else each time.
      for (let budget = 3; budget < 40; budget++) {
        const clock = new HandClock()
        const { attendant, member } = yield* Effect.provideService(attended, Clock.Clock, clock)
        const a = yield* Effect.provideService(member("a"), MaxOpsBeforeYield, budget)
        yield* settle
        attendant.unset(a.alarm(10, "10"))
        yield* Effect.repeat(settle, { times: 30 })
        assert.strictEqual(clock.sleeping, 0, `${budget} steps`)
      }
    })
  )

  it.effect("sleeps once for all connections of a transport", () =>
    Effect.gen(function* () {
      const clock = new HandClock()
      const network = yield* MemoryTransport.make()
      const connect = WebSocket.connect("ws://server.test/").pipe(
        Effect.provide(network.layer),
        Effect.provideService(Clock.Clock, clock)
      )
      for (let n = 0; n < 3; n++) {
        const connecting = yield* start(connect)
        const wire = yield* network.accept
        yield* ServerPeer.accept(wire)
        yield* Fiber.join(connecting)
        yield* Effect.addFinalizer(() => Effect.sync(() => wire.reset()))
      }
      assert.strictEqual(clock.sleeping, 1)
    })
  )

  it.effect("keeps nothing for those that are over", () =>
    Effect.gen(function* () {
      const { attendant, member } = yield* attended
      const a = yield* member("a")
      yield* Scope.close(a.self.scope, Exit.void)
      a.start("after that")
      assert.strictEqual(kept(attendant), 0)
      // Started by what closes the scope, and not begun before that.
      const b = yield* member("b")
      const closes = Effect.suspend(() => {
        b.start("too late")
        return Effect.asVoid(Effect.forkDetach(Scope.close(b.self.scope, Exit.void), { startImmediately: true }))
      })
      attendant.start(b.self, closes)
      assert.strictEqual(kept(attendant), 0)
    })
  )

  it.effect("a connection that is over sets no alarm any more, whatever is asked of it", () =>
    Effect.gen(function* () {
      const network = yield* MemoryTransport.make()
      const scope = yield* Scope.make()
      yield* Effect.gen(function* () {
        const attendant = Attendant.of(yield* Transport, yield* Clock.Clock)
        const options = { deadlines: { idleTimeout: "1 hour" } } as const
        const connecting = yield* start(Scope.provide(WebSocket.connect("ws://server.test/", options), scope))
        const wire = yield* network.accept
        yield* ServerPeer.accept(wire)
        const socket = yield* Fiber.join(connecting)
        wire.reset()
        yield* socket.closed
        assert.strictEqual(kept(attendant), 0)
        yield* socket.close()
        assert.strictEqual(kept(attendant), 0, "closed again")
        yield* Scope.close(scope, Exit.void)
        assert.strictEqual(kept(attendant), 0, "left")
      }).pipe(Effect.provide(network.layer))
    })
  )
})

/** How many alarms are set, and tasks not begun. */
const kept = (attendant: Attendant.Attendant): number => {
  const { alarms, tasks } = attendant as unknown as { alarms: { heap: Array<unknown> }; tasks: Array<unknown> }
  return alarms.heap.length + tasks.length
}
