/** What a session is owed: each row is what happens, and what the sessions get, one after the other. */
import { assert, describe, it } from "@effect/vitest"
import { type Entry, ReplayLog } from "../src/internal/ReplayLog.ts"

/**
 * A word appends it; `-word` takes it out, `-word/bye` with a farewell. `open` and `close` are the session's; `send` hands
 * over what is next, `begin` leaves it on its way until `done`; `all` hands over what is owed. A number acknowledges, NaN
 * too.
 */
const play = (steps: string, which: "upTo" | "each") => {
  const log = new ReplayLog()
  const entries = new Map<string, Entry>()
  const sessions: Array<Array<string>> = []
  let going: Entry | undefined
  const begin = () => {
    going = log.next()
    return going !== undefined
  }
  const done = () => {
    sessions.at(-1)!.push(String(going!.message))
    log.accepted(going!)
  }
  for (const step of steps.split(" ")) {
    if (step === "open") {
      log.open()
      sessions.push([])
    } else if (step === "close") log.close()
    else if (step === "begin") assert.isTrue(begin())
    else if (step === "done") done()
    else if (step === "send") {
      assert.isTrue(begin())
      done()
    } else if (step === "all") {
      while (begin()) done()
    } else if (step.startsWith("-")) {
      const [word, farewell] = step.slice(1).split("/")
      log.remove(entries.get(word!)!, farewell)
    } else if (/^(\d+(\.\d+)?|Infinity|NaN)$/.test(step)) log.acknowledge(Number(step), which)
    else entries.set(step, log.append(step))
  }
  const sum = log.all.reduce((sum, { message }) => sum + message.length, 0)
  assert.strictEqual(log.bytes, sum)
  assert.strictEqual(log.size, log.all.length)
  assert.strictEqual(log.oldest, log.all[0])
  return { got: sessions.map((session) => session.join(" ")), kept: log.all.map(({ message }) => message).join(" ") }
}

const rows: ReadonlyArray<
  readonly [name: string, steps: string, got: ReadonlyArray<string>, kept: string, which?: "each"]
> = [
  ["a session gets what comes", "open a all b all", ["a b"], "a b"],
  ["it gets what was there before it", "a b open c all", ["a b c"], "a b c"],
  ["each session gets it all again, in order", "open a b all close open c all", ["a b", "a b c"], "a b c"],
  ["also what was on its way when one was lost", "a b open send begin close open all", ["a", "a b"], "a b"],
  ["a session that replaces another gets it all", "a open send open all", ["a", "a"], "a"],
  ["without a session nothing is owed", "open close a b all -a open all", ["", "b"], "b"],
  ["what was taken out is not sent", "a b open -a all", ["b"], "b"],
  ["nor is its farewell, where it was not sent", "a b open -a/bye all", ["b"], "b"],
  ["where it was sent, the farewell is", "a b open all -a/bye all", ["a b bye"], "b"],
  ["also where it was on its way", "a open begin -a/bye done all", ["a bye"], ""],
  ["the farewell stands in line", "a open all b -a/bye c all", ["a b bye c"], "b c"],
  ["a farewell dies with its session", "a open all -a/bye close all open all", ["a", ""], ""],
  ["and is nothing to a session that was not asked", "a open all close open -a/bye all", ["a", ""], ""],
  ["without a session nobody is owed it", "a open all close -a/bye all open all", ["a", ""], ""],
  ["what was on its way to the session before was not sent", "a open begin open -a/bye all", ["", ""], ""],
  ["twice taken out is once", "a open all -a/bye -a/bye all", ["a bye"], ""],
  ["a number acknowledges all up to it", "a b c open all 2", ["a b c"], "c"],
  ["once acknowledged, it is not sent again", "a b c open all 2 close open all", ["a b c", "c"], "c"],
  ["also in the middle of a replay", "a b c open all close open send 2 all", ["a b c", "a c"], "c"],
  ["an old number changes nothing", "a b open all 1 1 0", ["a b"], "b"],
  ["what was never sent cannot be acknowledged", "a b open send 9", ["a"], "b"],
  ["NaN acknowledges nothing", "a b open all NaN", ["a b"], "a b"],
  ["a fraction acknowledges what is below it", "a b open all 1.5", ["a b"], "b"],
  ["Infinity acknowledges all that was sent", "a b c open send send Infinity", ["a b"], "c"],
  ["what is on its way can", "a b open begin 1 done all", ["a b"], "b"],
  ["what an earlier session was handed can", "a open all close 1", ["a"], ""],
  ["each: a number acknowledges itself alone", "a b c open all 2 close open all", ["a b c", "a c"], "a c", "each"],
  ["each: and nothing that is unknown", "a b open all 7 2 2", ["a b"], "a", "each"],
  ["each: nor what no message has as its number", "a b open all 1.5 Infinity NaN", ["a b"], "a b", "each"],
  ["each: what was never sent cannot be acknowledged", "a b open send 2", ["a"], "a b", "each"]
]

describe("what a session is owed", () => {
  for (const [name, steps, got, kept, which = "upTo"] of rows) {
    it(`${name}: ${steps}`, () => assert.deepStrictEqual(play(steps, which), { got: [...got], kept }))
  }

  it("numbers count up from the first, farewells included, and none comes again", () => {
    const log = new ReplayLog(5)
    assert.strictEqual(log.nextNumber, 5)
    const entry = log.append("a")
    assert.strictEqual(log.open(), 5)
    log.accepted(log.next()!)
    log.remove(entry, "bye")
    assert.deepStrictEqual([entry.number, log.next()!.number, log.append("b").number], [5, 6, 7])
  })

  it("bytes are its own: whoever appended them may reuse theirs", () => {
    const log = new ReplayLog()
    const bytes = Uint8Array.of(1, 2, 3)
    log.append(bytes)
    bytes.fill(0)
    assert.deepStrictEqual(log.all[0]!.message, Uint8Array.of(1, 2, 3))
    assert.strictEqual(log.bytes, 3)
  })
})
