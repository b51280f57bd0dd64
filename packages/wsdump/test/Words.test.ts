import { assert, describe, it } from "@effect/vitest"
import { ConnectError, HandshakeRejected, MessageTooBig } from "@effect-websocket/client"
import { OutOfTime } from "../src/Errors.ts"
import { words } from "../src/Words.ts"

const tooBig = (limit: MessageTooBig["limit"]) => new MessageTooBig({ limit, allowed: 1, seen: 2 })

describe("what is said of a failure", () => {
  it("a limit is called as its option", () =>
    assert.match(words(tooBig("maxMessageBytes")), /exceeded --max-message \(/))
  it("a redirect can be followed with an option", () => {
    const answer = { status: 307, statusText: "Elsewhere", headers: [], body: "", bodyTruncated: false }
    const error = new ConnectError({ url: "ws://a.test/", reason: new HandshakeRejected(answer), steps: [] })
    assert.match(words(error), /: use the URL in its Location header, or --location\b/)
  })
  it("a limit that has no option is not named: how many redirects are followed", () => {
    const notFollowed = "no more than 10 in a row are (redirects.limit)"
    const answer = { status: 307, statusText: "Elsewhere", headers: [], body: "", bodyTruncated: false, notFollowed }
    const error = new ConnectError({ url: "ws://a.test/", reason: new HandshakeRejected(answer), steps: [] })
    assert.match(words(error), /: no more than 10 in a row are\)/)
  })
  it("one without an option, as in the client", () =>
    assert.match(words(tooBig("maxFragments")), /limits\.maxFragments/))
  it("else its own words", () => {
    const failure = new OutOfTime({ seconds: 1 })
    assert.strictEqual(words(failure), failure.message)
  })
})
