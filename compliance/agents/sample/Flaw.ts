/**
 * The ways in which the sample client can be broken, one at a time: `--agent broken-unmasked` and so on. A judge that
 * passes one of these is no judge; which cases each must fail is in the tests.
 */
export const flaws = {
  unmasked: "sends its frames unmasked",
  "same-mask": "masks every frame with the same key",
  "long-lengths": "writes every length in 64 bits",
  "lax-utf8": "echoes text that is not UTF-8",
  "late-utf8": "looks at UTF-8 only when the message is complete",
  "ignores-rsv": "reads over the RSV bits",
  "ignores-opcodes": "reads over frames with reserved opcodes",
  "ignores-masks": "unmasks masked server frames instead of failing",
  "ignores-order": "takes continuations and new messages in any order",
  "long-control": "answers Pings of more than 125 octets, and fragmented ones",
  mute: "never answers a Ping",
  "late-pong": "answers a Ping only behind the message it came in",
  truncates: "echoes no more than 100 octets",
  "flips-kind": "echoes text as binary",
  "wrong-code": "fails every connection with 1000",
  "any-close-code": "takes every close code, and answers with it",
  "late-close": "answers a Close 1.5 seconds late",
  "drops-at-close": "drops TCP in place of answering a Close",
  "talks-after-close": "goes on to read and echo behind the peer's Close",
  "wide-window": "compresses with a window of 15 bits whatever was agreed",
  "keeps-context": "keeps its compression context whatever was agreed",
  "forgets-context": "inflates each message with an empty window",
  unbounded: "has no limit for messages, frames and fragments",
  "any-answer": "opens on every status 101, whatever the headers say",
  "speaks-early": "sends a Ping before the server has answered",
  patient: "waits without end: for an answer, and for the server to end TCP"
} as const

export type Flaw = keyof typeof flaws

export const isFlaw = (name: string): name is Flaw => Object.hasOwn(flaws, name)
