import { assert, describe, it } from "@effect/vitest"
import { type Case, clientFails, event, serverCloses } from "../casebook/Case.ts"
import { judge, type Outcome } from "../casebook/Verdict.ts"

const echo = [event("text", "a")]

/** The server closes after an echo. */
const echoed: Case = {
  id: "x",
  does: "",
  expects: "",
  steps: [],
  expected: { OK: echo, "NON-STRICT": [] },
  close: serverCloses,
  timer: { kill: 1 }
}

/** The client has to fail the connection with 1002. */
const failed: Case = { ...echoed, expected: { OK: [] }, close: clientFails(1002) }

const good: Outcome = {
  opened: true,
  events: echo,
  closedByServer: true,
  clean: true,
  remoteCloseCode: 1000,
  unimplemented: false,
  exchange: undefined,
  violation: undefined,
  complaints: [],
  octetsAfterRequest: 0,
  droppedByClient: false
}

const dropped: Outcome = { ...good, events: [], closedByServer: false, clean: false, remoteCloseCode: undefined }

const rows: ReadonlyArray<readonly [does: string, subject: Case, outcome: Outcome, verdicts: string]> = [
  ["the events and a clean close", echoed, good, "OK, OK"],
  ["the events and a close without code", echoed, { ...good, remoteCloseCode: undefined }, "OK, OK"],
  ["the tolerated events", echoed, { ...good, events: [] }, "NON-STRICT, OK"],
  ["other events", echoed, { ...good, events: [event("binary", "a")] }, "FAILED, OK"],
  ["one event too many", echoed, { ...good, events: [...echo, ...echo] }, "FAILED, OK"],
  ["a Close that was not answered", echoed, { ...good, clean: false, remoteCloseCode: undefined }, "OK, UNCLEAN"],
  ["another code", echoed, { ...good, remoteCloseCode: 1001 }, "OK, WRONG CODE"],
  ["a client that closes in the server's place", echoed, { ...good, closedByServer: false }, "OK, FAILED"],
  ["a connection that never opened", echoed, { ...good, opened: false }, "FAILED, FAILED"],
  ["a frame that broke a rule", echoed, { ...good, events: [], violation: "x", clean: false }, "NON-STRICT, UNCLEAN"],
  ["a complaint of the case", echoed, { ...good, complaints: ["masks repeat"] }, "FAILED, OK"],
  ["no offer", echoed, { ...good, events: [], unimplemented: true }, "UNIMPLEMENTED, OK"],
  ["an exchange that succeeded", echoed, { ...good, exchange: { ok: true, result: "" } }, "OK, OK"],
  ["an exchange that did not", echoed, { ...good, exchange: { ok: false, result: "" } }, "FAILED, OK"],
  ["a client that drops TCP, as it may", failed, dropped, "OK, OK"],
  ["a client that fails with its code", failed, { ...dropped, remoteCloseCode: 1002 }, "OK, OK"],
  ["a client that fails with another code", failed, { ...dropped, remoteCloseCode: 1007 }, "OK, WRONG CODE"],
  ["a client that does not fail", failed, { ...good, events: [] }, "OK, FAILED"],
  [
    "a wrong code where it is fatal",
    { ...failed, close: { ...failed.close, codeIsFatal: true } },
    { ...dropped, remoteCloseCode: 1000 },
    "FAILED, WRONG CODE"
  ],
  [
    "the wrong side where it is fatal",
    { ...failed, close: { ...failed.close, sideIsFatal: true } },
    { ...good, events: [] },
    "FAILED, FAILED"
  ],
  ["whatever, where nothing is judged", { ...echoed, informational: true }, dropped, "INFORMATIONAL, INFORMATIONAL"],
  ["a refusal", { ...failed, refused: true }, { ...dropped, droppedByClient: true }, "OK, OK"],
  ["a refusal that is ignored", { ...failed, refused: true }, dropped, "OK, FAILED"],
  [
    "octets behind the request",
    { ...failed, refused: true },
    { ...dropped, octetsAfterRequest: 6, droppedByClient: true },
    "FAILED, OK"
  ],
  ["what has to be true of the events", { ...echoed, expected: { OK: ({ length }) => length === 1 } }, good, "OK, OK"]
]

describe("judge", () => {
  for (const [does, subject, outcome, verdicts] of rows) {
    it(`${verdicts}: ${does}`, () => {
      const { behavior, behaviorClose } = judge(subject, outcome)
      assert.strictEqual(`${behavior}, ${behaviorClose}`, verdicts)
    })
  }
})
