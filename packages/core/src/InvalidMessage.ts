/**
 * What a program may try to send although the protocol forbids it: one named rule for each case, with its clause and what to do
 * instead. Nothing of such a message reaches the wire.
 */
import * as FrameHeader from "./FrameHeader.ts"

const rules = {
  NotAMessage: ["RFC 6455 §5.6", "this is neither text nor bytes: use a string or a Uint8Array"],
  LoneSurrogate: ["RFC 6455 §5.6", "a text message must be well-formed: call toWellFormed() first, or send bytes"],
  NotUtf8: ["RFC 6455 §5.6", "bytes that are sent as text must be UTF-8: check their encoding, or send them as binary"],
  ControlPayloadTooLong: ["RFC 6455 §5.5", "the payload of a ping or pong holds at most 125 bytes"],
  ReservedCloseCode: ["RFC 6455 §7.4", "a program may close with 1000 to 1003, 1007 to 1014, or 3000 to 4999"],
  CloseReasonTooLong: ["RFC 6455 §5.5", "the reason of a close holds at most 123 bytes of UTF-8"],
  CloseReasonWithoutCode: ["RFC 6455 §5.5.1", "a reason needs a close code in front of it: give 1000 for a normal end"]
} as const

export type Rule = keyof typeof rules

export interface InvalidMessage {
  readonly _tag: "InvalidMessage"
  readonly rule: Rule
  readonly section: string
  /** What is legal, in one sentence. */
  readonly advice: string
}

/** All rules, each as one frozen value. */
export const all: Readonly<Record<Rule, InvalidMessage>> = Object.freeze(
  Object.fromEntries(
    Object.entries(rules).map(([rule, [section, advice]]) => [
      rule,
      Object.freeze({ _tag: "InvalidMessage", rule, section, advice })
    ])
  ) as Record<Rule, InvalidMessage>
)

/**
 * What is illegal about a message, if anything: text must be well-formed to become UTF-8. Bytes are always legal
 * (`MessageParts` checks bytes to be sent as text). Anything else comes from a caller without types, and must not reach the
 * wire as something else.
 */
export const ofMessage = (message: string | Uint8Array): InvalidMessage | undefined => {
  if (typeof message === "string") return message.isWellFormed() ? undefined : all.LoneSurrogate
  return message instanceof Uint8Array ? undefined : all.NotAMessage
}

/** What is illegal about the payload of a ping or pong, if anything. */
export const ofControlPayload = (payload: Uint8Array): InvalidMessage | undefined => {
  if (!(payload instanceof Uint8Array)) return all.NotAMessage
  return payload.length > FrameHeader.maxControlPayload ? all.ControlPayloadTooLong : undefined
}
