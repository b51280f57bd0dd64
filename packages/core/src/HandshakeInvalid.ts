/**
 * What can be wrong with a server's answer to the opening handshake: one named check for each fault, with the clause it breaks.
 * A new check is one row. `OpeningHandshake` makes the checks; `client` turns the result into its public error.
 */
import * as HttpHead from "./HttpHead.ts"
import * as HttpResponse from "./HttpResponse.ts"

export const checks = {
  HeadIncomplete: ["RFC 9112 §8", "the response ended before its head was complete"],
  ...HttpResponse.rules,
  Upgrade: ["RFC 6455 §4.1", "the Upgrade header was absent, or named something else than websocket"],
  Connection: ["RFC 6455 §4.1", "the Connection header was absent, or did not name upgrade"],
  AcceptMissing: ["RFC 6455 §4.1", "the Sec-WebSocket-Accept header was absent"],
  AcceptRepeated: ["RFC 6455 §11.3.3", "the Sec-WebSocket-Accept header came more than once"],
  AcceptMismatch: ["RFC 6455 §4.1", "the Sec-WebSocket-Accept header did not answer the key that was sent"],
  SubprotocolRepeated: ["RFC 6455 §11.3.4", "the Sec-WebSocket-Protocol header came more than once"],
  SubprotocolNotOffered: ["RFC 6455 §4.1", "the server chose a subprotocol that was not offered"],
  ExtensionNotOffered: ["RFC 6455 §4.1", "the server chose an extension that was not offered"],
  ExtensionMalformed: ["RFC 6455 §9.1", "the Sec-WebSocket-Extensions header does not follow its grammar"],
  ExtensionRepeated: ["RFC 7692 §5.1", "the server chose permessage-deflate more than once"],
  ExtensionParameterUnknown: ["RFC 7692 §7.1", "permessage-deflate came with a parameter that it does not have"],
  ExtensionParameterRepeated: ["RFC 7692 §7.1", "a parameter of permessage-deflate came more than once"],
  ExtensionParameterValue: ["RFC 7692 §7.1", "a parameter of permessage-deflate had a value that it cannot have"],
  ExtensionParameterNotOffered: ["RFC 7692 §7.1", "permessage-deflate was agreed with terms that no offer allows"]
} as const satisfies Record<string, readonly [section: string, description: string]>

export type Check = keyof typeof checks

export interface HandshakeInvalid {
  readonly _tag: "HandshakeInvalid"
  readonly check: Check
  /** The clause that was broken. */
  readonly section: string
  /** One sentence: what the server did. */
  readonly description: string
  /** What it sent instead, if anything: at most 200 characters, unescaped. */
  readonly found: string | undefined
}

export const make = (check: Check, found?: string): HandshakeInvalid => {
  const [section, description] = checks[check]
  const excerpt = found === undefined ? undefined : HttpHead.excerpt(found)
  return Object.freeze({ _tag: "HandshakeInvalid", check, section, description, found: excerpt })
}
