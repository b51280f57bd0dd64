/**
 * What can go wrong between messages and what they mean to a program: typed messages, requests and subscriptions. The
 * connection goes on after each of them. What ends a connection is in `Errors`.
 */
import * as Schema from "effect/Schema"
import { id } from "./Errors.ts"

/** A message came that the schema or the codec does not accept. */
export class DecodeFailed extends Schema.TaggedError<DecodeFailed>(id("DecodeFailed"))("DecodeFailed", {
  kind: Schema.Literals(["text", "binary"]),
  /** How the message begins: escaped, or in hex if it is binary, and cut. */
  received: Schema.String,
  /** What is wrong with it, and where; escaped and cut. */
  problem: Schema.String
}) {
  override get message() {
    return `A ${this.kind} message of the peer does not decode (${this.problem}): correct the \`receive\` schema, or choose in \`onDecodeError\` what becomes of such messages. It begins with ${this.received}`
  }
}

/** What the program asked to send does not encode; nothing of it was sent. */
export class EncodeFailed extends Schema.TaggedError<EncodeFailed>(id("EncodeFailed"))("EncodeFailed", {
  /** What is wrong with it, and where; escaped and cut. */
  problem: Schema.String
}) {
  override get message() {
    return `Not sent, since it does not encode (${this.problem}): check it against the \`send\` schema`
  }
}
