/**
 * How a verdict comes about: what was expected against what came over the wire. All rules are here and nowhere else.
 *
 * Two verdicts per case. `behavior` compares the events; `behaviorClose` says whether the right side ended the
 * connection, in the right way, with a right code. A clean result needs both.
 */
import type { Case, Event, Expected } from "./Case.ts"

export type Behavior = "OK" | "NON-STRICT" | "INFORMATIONAL" | "FAILED" | "UNIMPLEMENTED"
export type BehaviorClose = "OK" | "UNCLEAN" | "WRONG CODE" | "FAILED" | "FAILED BY CLIENT" | "INFORMATIONAL"

/** What the session saw of the connection. */
export interface Outcome {
  readonly opened: boolean
  readonly events: ReadonlyArray<Event>
  /** The server sent the first Close. */
  readonly closedByServer: boolean
  /** Both Close frames passed. */
  readonly clean: boolean
  readonly remoteCloseCode: number | undefined
  /** The offer that the case needs did not come. */
  readonly unimplemented: boolean
  /** The verdict of an exchange, which is decided while it runs. */
  readonly exchange: { readonly ok: boolean; readonly result: string } | undefined
  /** The rule that the client broke, when the server failed the connection for it. */
  readonly violation: string | undefined
  /** What the case holds against the request or the frames. */
  readonly complaints: ReadonlyArray<string>
  /** For refused openings: octets that followed the request, and who ended TCP. */
  readonly octetsAfterRequest: number
  readonly droppedByClient: boolean
}

export interface Judgement {
  readonly behavior: Behavior
  readonly behaviorClose: BehaviorClose
  readonly result: string
  readonly resultClose: string
}

export const judge = (subject: Case, outcome: Outcome): Judgement => {
  if (!outcome.opened) return neverOpened
  if (subject.refused) return judgeRefusal(outcome)
  const behavior = judgeEvents(subject, outcome)
  const ending = judgeClose(subject, outcome)
  const judgement = { ...behavior, ...ending }
  if (subject.informational) return { ...judgement, behavior: "INFORMATIONAL", behaviorClose: "INFORMATIONAL" }
  const codeFailed = subject.close.codeIsFatal && ending.behaviorClose === "WRONG CODE"
  const sideFailed = subject.close.sideIsFatal && ending.behaviorClose === "FAILED"
  return codeFailed || sideFailed ? { ...judgement, behavior: "FAILED", result: ending.resultClose } : judgement
}

/** How far a verdict is from OK; one that is not ours is the furthest. */
export const rank = (verdict: string): number => {
  const known = ranks.indexOf(verdict)
  return known < 0 ? ranks.length : known
}

/** Whether these events are the expected ones. */
export const match = (events: ReadonlyArray<Event>, expected: Expected): boolean =>
  typeof expected === "function"
    ? expected(events)
    : events.length === expected.length && events.every((event, index) => same(event, expected[index]!))

const same = ([kind, payload]: Event, [expectedKind, expectedPayload]: Event): boolean =>
  kind === expectedKind && Buffer.compare(payload, expectedPayload) === 0

const judgeEvents = (subject: Case, outcome: Outcome): Pick<Judgement, "behavior" | "result"> => {
  const { complaints, events, exchange } = outcome
  if (outcome.unimplemented) return { behavior: "UNIMPLEMENTED", result: "The extension was not offered." }
  if (complaints.length > 0) return { behavior: "FAILED", result: `Broken by the client: ${complaints.join("; ")}.` }
  const broken = outcome.violation === undefined ? "" : ` The client broke a rule: ${outcome.violation}.`
  if (exchange !== undefined) return { behavior: exchange.ok ? "OK" : "FAILED", result: exchange.result + broken }
  for (const behavior of ["OK", "NON-STRICT"] as const) {
    const expected = subject.expected[behavior]
    if (expected !== undefined && match(events, expected)) return { behavior, result: "The events are those expected." }
  }
  return { behavior: "FAILED", result: `The events are not those expected.${broken}` }
}

const judgeClose = ({ close }: Case, outcome: Outcome): Pick<Judgement, "behaviorClose" | "resultClose"> => {
  const { remoteCloseCode } = outcome
  if (outcome.closedByServer !== (close.by === "server")) {
    return { behaviorClose: "FAILED", resultClose: `The connection was to be ended by the ${close.by}.` }
  }
  if (close.clean && !outcome.clean) {
    return { behaviorClose: "UNCLEAN", resultClose: "A complete closing handshake was required." }
  }
  if (remoteCloseCode !== undefined && !close.codes.includes(remoteCloseCode)) {
    const allowed = close.codes.join(" or ")
    return {
      behaviorClose: "WRONG CODE",
      resultClose: `The close code was ${remoteCloseCode}, not ${allowed} or none.`
    }
  }
  return { behaviorClose: "OK", resultClose: "The connection ended as it should." }
}

/** RFC 6455 §4.1: the client must fail the connection; before the handshake is done there is nothing to send. */
const judgeRefusal = ({ complaints, droppedByClient, octetsAfterRequest }: Outcome): Judgement => {
  const silent = octetsAfterRequest === 0 && complaints.length === 0
  return {
    behavior: silent ? "OK" : "FAILED",
    result: silent ? "Nothing followed the request." : `${octetsAfterRequest} octets followed the request.`,
    behaviorClose: droppedByClient ? "OK" : "FAILED",
    resultClose: droppedByClient ? "The client dropped the connection." : "The client kept the connection."
  }
}

const neverOpened: Judgement = {
  behavior: "FAILED",
  result: "The opening handshake was not completed.",
  behaviorClose: "FAILED",
  resultClose: "TCP ended before the opening handshake did."
}

const ranks: ReadonlyArray<string> = [
  "OK",
  "INFORMATIONAL",
  "NON-STRICT",
  "UNIMPLEMENTED",
  "UNCLEAN",
  "WRONG CODE",
  "FAILED BY CLIENT",
  "FAILED"
]
