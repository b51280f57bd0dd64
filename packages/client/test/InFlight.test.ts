/** Which requests are lost, and when: each row is what happens to requests, in order, and what has become of them. */
import { assert, describe, it } from "@effect/vitest"
import type { Status } from "@effect-websocket/client"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { ConnectionClosed } from "../src/Errors.ts"
import { InFlight, type Request } from "../src/internal/InFlight.ts"

const closed = new ConnectionClosed({ closeCode: 1006, closeReason: "", by: "network" })
const open = (generation: number): Status => ({ _tag: "Open", generation, since: 0 })
const waiting: Status = { _tag: "Waiting", cause: closed, delay: undefined, attempt: 1 }
const connecting: Status = { _tag: "Connecting", attempt: 1 }

/** `add` begins to send a request, `accept` is its send succeeding, `ask` is both; a number answers that request. */
type Step = "add" | "accept" | "ask" | "end" | number | Status

/** `waits`, `lost`, or the response. */
const play = (steps: ReadonlyArray<Step>) =>
  Effect.gen(function* () {
    const inFlight = new InFlight<string>()
    const requests: Array<Request<string>> = []
    const add = () => {
      const request = inFlight.make()
      requests.push(request)
      inFlight.add(request)
    }
    for (const step of steps) {
      if (typeof step === "number") assert.isTrue(inFlight.respond(step, `to ${step}`))
      else if (step === "end") inFlight.end(closed)
      else if (typeof step === "object") inFlight.status(step)
      else {
        if (step !== "accept") add()
        if (step !== "add") inFlight.accepted(requests.at(-1)!)
      }
    }
    return yield* Effect.forEach(requests, ({ response }) =>
      Deferred.isDoneUnsafe(response)
        ? Effect.map(Effect.exit(Deferred.await(response)), (exit) => (Exit.isSuccess(exit) ? exit.value : "lost"))
        : Effect.succeed("waits")
    )
  })

const rows: ReadonlyArray<readonly [name: string, steps: ReadonlyArray<Step>, outcome: ReadonlyArray<string>]> = [
  ["responses find their requests, in any order", ["ask", "ask", "ask", 3, 1], ["to 1", "waits", "to 3"]],
  ["a response may come before its send has succeeded", ["add", 1, "accept"], ["to 1"]],
  ["the end loses what was accepted", ["ask", "end"], ["lost"]],
  ["the end leaves to the sender what is being sent", ["add", "end"], ["waits"]],
  ["what is accepted after the end is lost", ["add", "end", "accept"], ["lost"]],
  ["what was answered is not lost", ["ask", 1, "end"], ["to 1"]],
  ["a session that is lost loses what it accepted", [open(1), "ask", waiting], ["lost"]],
  ["the next session loses nothing of it", [open(1), waiting, connecting, "ask", open(2)], ["waits"]],
  ["what was accepted in between is lost with the next", [open(1), waiting, "ask", open(2), waiting], ["lost"]],
  ["before the first session as well", [connecting, "ask", open(1)], ["waits"]],
  ["a failed attempt loses nothing", [connecting, "ask", waiting, connecting, waiting], ["waits"]],
  ["another session shows that one was lost in between", [open(1), "ask", open(2), "ask"], ["lost", "waits"]],
  ["the same session again loses nothing", [open(1), "ask", open(1)], ["waits"]],
  ["a pause ends a session", [open(1), "ask", { _tag: "Paused" }], ["lost"]],
  ["so does stopping", [open(1), "ask", { _tag: "Stopped", by: "onLost", cause: closed }], ["lost"]],
  ["what is being sent is not lost with a session", [open(1), "add", waiting, open(2), "accept"], ["waits"]]
]

describe("which requests are lost", () => {
  for (const [name, steps, outcome] of rows) {
    it.effect(name, () => Effect.map(play(steps), (actual) => assert.deepStrictEqual(actual, outcome)))
  }
})

describe("what a loss says", () => {
  const lostWith = (happen: (inFlight: InFlight<string>) => void) => {
    const inFlight = new InFlight<string>()
    inFlight.status(open(1))
    const request = inFlight.make()
    inFlight.add(request)
    inFlight.accepted(request)
    happen(inFlight)
    assert.strictEqual(inFlight.size, 0)
    return Effect.flip(Deferred.await(request.response))
  }

  it.effect("its cause, when there is one", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* lostWith((inFlight) => inFlight.status(waiting))).cause, closed)
      assert.strictEqual((yield* lostWith((inFlight) => inFlight.end(closed))).cause, closed)
      assert.isUndefined((yield* lostWith((inFlight) => inFlight.end())).cause)
      assert.isUndefined((yield* lostWith((inFlight) => inFlight.status({ _tag: "Paused" }))).cause)
    })
  )

  it("a second response to the same request finds none", () => {
    const inFlight = new InFlight<string>()
    inFlight.add(inFlight.make())
    assert.isTrue(inFlight.respond(1, "first"))
    assert.isFalse(inFlight.respond(1, "second"))
  })

  it("a response to a request that was given up finds none, and its id is not used again", () => {
    const inFlight = new InFlight<string>()
    const request = inFlight.make()
    assert.strictEqual(inFlight.add(request), 1)
    inFlight.forget(request)
    assert.isFalse(inFlight.respond(1, "late"))
    assert.strictEqual(inFlight.add(inFlight.make()), 2)
  })
})
