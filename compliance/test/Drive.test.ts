import { assert, describe, it } from "@effect/vitest"
import * as Ours from "../agents/ours.ts"
import * as Sample from "../agents/sample/agent.ts"
import { drive, type Verdict } from "../autobahn/Drive.ts"
import * as Expected from "../autobahn/Expected.ts"
import { listen } from "../casebook/Server.ts"
import { named } from "./play.ts"

const ledger = await Expected.read()
const cases = named(["1.1.1", "2.2", "3.1", "7.1.6", "7.13.1", "12.1.4", "13.5.4"])

/** A casebook server for one test, and which agents asked for reports. */
const withServer = async <A>(use: (url: string, updated: Array<string>) => Promise<A>): Promise<A> => {
  const updated: Array<string> = []
  const onUpdateReports = async (agent: string) => updated.push(agent)
  const server = await listen({ cases, messages: 3, port: 0, onUpdateReports })
  return use(server.url, updated).finally(server.close)
}

describe("drive", () => {
  it("runs every case through the control paths with our client, and has the reports written", () =>
    withServer(async (url, updated) => {
      const seen: Array<string> = []
      const verdicts = await drive({
        url,
        name: "our client",
        agent: Ours.agent,
        ask: Ours.ask,
        ids: [],
        onCase: (done, of, { id }) => seen.push(`${done}/${of} ${id}`)
      })
      assert.deepEqual(
        verdicts.map(({ behavior, behaviorClose, id }) => `${id} ${behavior} ${behaviorClose}`),
        cases.map(({ id, informational }) => (informational ? `${id} INFORMATIONAL INFORMATIONAL` : `${id} OK OK`))
      )
      assert.deepEqual(Expected.worse(ledger, verdicts, true), [])
      assert.strictEqual(seen.at(-1), "7/7 13.5.4")
      assert.deepEqual(updated, ["our client"])
    }))

  it("finds compression unimplemented when none is offered, which is expected then and only then", () =>
    withServer(async (url) => {
      const agent = Ours.make({ deflate: false })
      const verdicts = await drive({ url, name: "plain", agent, ask: Ours.ask, ids: [] })
      assert.deepEqual(Expected.worse(ledger, verdicts, false), [])
      assert.deepEqual(
        Expected.worse(ledger, verdicts, true).map(({ id }) => id),
        ["12.1.4", "13.5.4"]
      )
    }))

  it("tells a broken client from a good one", () =>
    withServer(async (url) => {
      const verdicts = await drive({ url, name: "mute", agent: Sample.make("mute"), ask: Ours.ask, ids: [] })
      assert.deepEqual(
        Expected.worse(ledger, verdicts, true).map(({ behavior, id }) => `${id} ${behavior}`),
        ["2.2 FAILED"]
      )
    }))

  it("says when the address is no fuzzing server", () =>
    drive({ url: "ws://nowhere", name: "a", agent: Ours.agent, ask: async () => "hello", ids: [] }).then(
      () => assert.fail("it should have failed"),
      (error: Error) => assert.match(error.message, /no fuzzing server/)
    ))

  it("takes the ids from the list when the server does not tell them, and reports what has no verdict", async () => {
    const ask = async (url: string) => (url.endsWith("/getCaseCount") ? "1" : undefined)
    const agent = { run: async () => {} }
    const verdicts = await drive({ url: "ws://silent", name: "a", agent, ask, ids: ["1.1.1"] })
    assert.deepEqual(verdicts, [{ id: "1.1.1", behavior: "MISSING", behaviorClose: undefined }])
    assert.strictEqual(Expected.worse(ledger, verdicts, true).length, 1)
  })
})

describe("Expected", () => {
  const verdict = (id: string, behavior: string, behaviorClose?: string): Verdict => ({ id, behavior, behaviorClose })
  const rows: ReadonlyArray<readonly [subject: Verdict, worse: boolean]> = [
    [verdict("1.1.1", "OK", "OK"), false],
    [verdict("1.1.1", "OK"), false],
    [verdict("1.1.1", "OK", "WRONG CODE"), true],
    [verdict("1.1.1", "NON-STRICT", "OK"), true],
    [verdict("1.1.1", "INFORMATIONAL", "INFORMATIONAL"), true],
    [verdict("7.1.6", "INFORMATIONAL", "INFORMATIONAL"), false],
    [verdict("7.13.2", "INFORMATIONAL", "INFORMATIONAL"), false],
    [verdict("7.13.2", "OK", "OK"), false],
    [verdict("12.1.1", "UNIMPLEMENTED", "OK"), true]
  ]

  for (const [subject, worse] of rows) {
    it(`${subject.id} ${subject.behavior} ${subject.behaviorClose ?? ""} is ${worse ? "worse than" : "as"} expected`, () => {
      assert.strictEqual(Expected.worse(ledger, [subject], true).length, worse ? 1 : 0)
    })
  }
})
