/**
 * What a peer can do wrong after the opening handshake: one named rule for each fault, with the code of the Close frame that
 * answers it and the clause it breaks. A new rule is one row.
 *
 * The values are frozen and shared, so a violation costs no stack trace. `client` turns them into its public error.
 */
const rules = {
  ReservedBits: [1002, "RFC 6455 §5.2", "a reserved bit (RSV1, RSV2 or RSV3) was set that no extension gave a meaning"],
  ReservedOpcode: [1002, "RFC 6455 §5.2", "the opcode is reserved"],
  FragmentedControlFrame: [1002, "RFC 6455 §5.5", "a control frame was fragmented"],
  ControlFrameTooLong: [1002, "RFC 6455 §5.5", "a control frame carried more than 125 bytes"],
  MaskedServerFrame: [1002, "RFC 6455 §5.1", "a server masked its frame"],
  UnmaskedClientFrame: [1002, "RFC 6455 §5.1", "a client did not mask its frame"],
  NonMinimalLength: [1002, "RFC 6455 §5.2", "a payload length was not encoded in the fewest bytes"],
  LengthTopBit: [1002, "RFC 6455 §5.2", "the top bit of a 64-bit payload length was set"],
  UnexpectedContinuation: [1002, "RFC 6455 §5.4", "a continuation frame came with no message to continue"],
  ExpectedContinuation: [1002, "RFC 6455 §5.4", "a new message began inside a fragmented one"],
  InvalidUtf8: [1007, "RFC 6455 §8.1", "a text message was not UTF-8"],
  InvalidDeflate: [1007, "RFC 7692 §7.2.2", "a compressed message could not be inflated"],
  ClosePayloadOfOneByte: [1002, "RFC 6455 §5.5.1", "a Close frame had a payload of one byte"],
  ReservedCloseCode: [1002, "RFC 6455 §7.4", "a Close frame carried a code that must not be sent"],
  InvalidCloseReason: [1007, "RFC 6455 §5.5.1", "the reason in a Close frame was not UTF-8"]
} as const

export type Rule = keyof typeof rules

export interface ProtocolViolation {
  readonly _tag: "ProtocolViolation"
  readonly rule: Rule
  /** The code that the failing endpoint sends (RFC 6455 §7.1.7). */
  readonly closeCode: 1002 | 1007
  /** The clause that was broken. */
  readonly section: string
  /** One sentence: what the peer did. */
  readonly description: string
}

/** All rules, each as one frozen value. */
export const all: Readonly<Record<Rule, ProtocolViolation>> = Object.freeze(
  Object.fromEntries(
    Object.entries(rules).map(([rule, [closeCode, section, description]]) => [
      rule,
      Object.freeze({ _tag: "ProtocolViolation", rule, closeCode, section, description })
    ])
  ) as Record<Rule, ProtocolViolation>
)
