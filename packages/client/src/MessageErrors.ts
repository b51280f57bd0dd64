/**
 * What can go wrong with typed messages, requests and subscriptions. The connection goes on after each of these errors; those
 * that end a connection are in `Errors`.
 */
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import { errorId } from "./internal/ErrorId.ts"

/** A message came that the schema or the codec does not accept. */
export class DecodeFailed extends Schema.TaggedError<DecodeFailed>(errorId("DecodeFailed"))("DecodeFailed", {
  kind: Schema.Literals(["text", "binary"]),
  /** The beginning of the message: escaped, or in hex if it is binary, and cut. */
  received: Schema.String,
  /** What is wrong with it, and where; escaped and cut. */
  problem: Schema.String
}) {
  override get message() {
    return `A ${this.kind} message of the peer does not decode (${this.problem}): correct the \`receive\` schema, or choose in \`onDecodeError\` what becomes of such messages. It begins with ${this.received}`
  }
}

/** What the program tried to send does not encode; nothing of it was sent. */
export class EncodeFailed extends Schema.TaggedError<EncodeFailed>(errorId("EncodeFailed"))("EncodeFailed", {
  /** What is wrong with it, and where; escaped and cut. */
  problem: Schema.String
}) {
  override get message() {
    return `Not sent, since it does not encode (${this.problem}): check it against the \`send\` schema`
  }
}

/** No response came in time. */
export class RequestTimedOut extends Schema.TaggedError<RequestTimedOut>(errorId("RequestTimedOut"))(
  "RequestTimedOut",
  {
    timeout: Schema.Duration,
    /** `NotSent`: the request never got its turn. `Unknown`: it was sent, so the peer may have acted on it. */
    fate: Schema.Literals(["NotSent", "Unknown"]),
    /** How many other messages, which nobody takes, keep the responses behind them from being read; usually 0. */
    blockedBy: Schema.Int
  }
) {
  override get message() {
    const what = this.fate === "NotSent" ? "The request was not sent" : "No response came"
    return `${what} within ${Duration.format(this.timeout)}: ${this.advice}`
  }

  private get advice() {
    if (this.blockedBy > 0) {
      return `${this.blockedBy} other messages wait in front of it, so take \`messages\`, or let \`others\` discard them`
    }
    return this.fate === "NotSent"
      ? "ask for less at a time, or raise maxInFlight"
      : "ask the peer whether it acted on it, or raise timeout if it is slow"
  }
}

/** There are as many subscriptions as the limits allow; nothing was subscribed to. */
export class TooManySubscriptions extends Schema.TaggedError<TooManySubscriptions>(errorId("TooManySubscriptions"))(
  "TooManySubscriptions",
  {
    limit: Schema.Literals(["maxActive", "maxBytes"]),
    allowed: Schema.Int
  }
) {
  override get message() {
    return `Not subscribed: ${this.limit} is ${this.allowed}, so raise it, or leave the scope of a subscription that is no longer needed`
  }
}
