/**
 * What can go wrong between messages and what they mean to a program: typed messages, requests and subscriptions. The
 * connection goes on after each of them. What ends a connection is in `Errors`.
 */
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import { errorId } from "./internal/ErrorId.ts"

/** A message came that the schema or the codec does not accept. */
export class DecodeFailed extends Schema.TaggedError<DecodeFailed>(errorId("DecodeFailed"))("DecodeFailed", {
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
    /** `NotSent`: its turn did not come. `Unknown`: it was sent, so the peer may have acted on it. */
    fate: Schema.Literals(["NotSent", "Unknown"]),
    /** Other messages that nobody takes and that keep responses behind them from being read; mostly none. */
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

/** The session would have to be told of more than its bounds allow; nothing was subscribed to. */
export class TooManySubscriptions extends Schema.TaggedError<TooManySubscriptions>(errorId("TooManySubscriptions"))(
  "TooManySubscriptions",
  {
    limit: Schema.Literals(["maxActive", "maxBytes"]),
    allowed: Schema.Int
  }
) {
  override get message() {
    return `Not subscribed: ${this.limit} is ${this.allowed}, so raise it, or leave the scope of a subscription that has served`
  }
}
