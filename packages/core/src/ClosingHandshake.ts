/**
 * The closing handshake (RFC 6455 §5.5.1, §7.1): every state of a connection, every event, and what follows. A missing cell
 * means that nothing happens.
 *
 *     Open       messages flow both ways
 *     Failing    the peer broke a rule; our Close waits until earlier messages were taken
 *     CloseSent  our Close is on its way, the peer's is awaited
 *     Failed     our Close for a violation is on its way; input is ignored
 *     Closed     both Close frames have passed
 *     Lost       the byte stream ended before that
 *
 * The caller decides about time limits, and when a deferred Close is due.
 */
export type State = "Open" | "Failing" | "CloseSent" | "Failed" | "Closed" | "Lost"

export type Event =
  /** The program closes. */
  | "close"
  /** The deferred Close of a violation is due. */
  | "fail"
  /** The peer broke a rule. */
  | "violation"
  /** A Close frame came. */
  | "peerClose"
  /** The byte stream ended or broke. */
  | "end"

export type Action =
  /** Send a Close with the program's code. */
  | "sendClose"
  /** Send a Close with the violation's code (RFC 6455 §7.1.7). */
  | "sendFailure"
  /** Send a Close with the code that came (RFC 6455 §5.5.1). */
  | "answerClose"

export interface Cell {
  readonly to: State
  readonly action?: Action
}

export const table: Readonly<Record<State, Readonly<Partial<Record<Event, Cell>>>>> = {
  Open: {
    close: { to: "CloseSent", action: "sendClose" },
    violation: { to: "Failing" },
    peerClose: { to: "Closed", action: "answerClose" },
    end: { to: "Lost" }
  },
  Failing: {
    close: { to: "Failed", action: "sendFailure" },
    fail: { to: "Failed", action: "sendFailure" },
    end: { to: "Lost" }
  },
  CloseSent: {
    violation: { to: "Failed" },
    peerClose: { to: "Closed" },
    end: { to: "Lost" }
  },
  Failed: {},
  Closed: {},
  Lost: {}
}

/** May data frames still be sent (RFC 6455 §5.5.1: none after a Close)? */
export const canSend = (state: State): boolean => state === "Open" || state === "Failing"

/** Is input still processed? */
export const canReceive = (state: State): boolean => state === "Open" || state === "CloseSent"
