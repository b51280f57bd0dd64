import { assert, describe, it } from "@effect/vitest"
import { MessageTooBig } from "@effect-websocket/client"
import { OutOfTime } from "../src/Errors.ts"
import { words } from "../src/Words.ts"

const tooBig = (limit: MessageTooBig["limit"]) => new MessageTooBig({ limit, allowed: 1, seen: 2 })

describe("what is said of a failure", () => {
  it("a limit is called as its option", () =>
    assert.match(words(tooBig("maxMessageBytes")), /exceeded --max-message \(/))
  it("one without an option, as in the client", () =>
    assert.match(words(tooBig("maxFragments")), /limits\.maxFragments/))
  it("else its own words", () => {
    const failure = new OutOfTime({ seconds: 1 })
    assert.strictEqual(words(failure), failure.message)
  })
})
