/**
 * What can go wrong on an open connection: one tag each, for `catchTag`. Each error derives its message from its fields; text
 * from the peer is escaped and cut in messages. `ConnectError` has a file of its own.
 */
import { InvalidMessage as Core, ProtocolViolation as CoreViolation, type Limits } from "@effect-websocket/core"
import { escapePeerText, TransportError } from "@effect-websocket/transport"
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import { ClosedBy, CloseFrame } from "./CloseInfo.ts"
import { errorId } from "./internal/ErrorId.ts"

const keys = <K extends string>(table: Readonly<Record<K, unknown>>) => Object.keys(table) as Array<K>

/** The peer broke a rule of the protocol; the connection was failed with `closeCode` (RFC 6455 §7.1.7). */
export class ProtocolViolation extends Schema.TaggedError<ProtocolViolation>(errorId("ProtocolViolation"))(
  "ProtocolViolation",
  {
    rule: Schema.Literals(keys(CoreViolation.all)),
    closeCode: Schema.Int,
    /** The clause that was broken. */
    section: Schema.String
  }
) {
  override get message() {
    const { description } = CoreViolation.all[this.rule]
    return `The peer broke ${this.section} (${this.rule}): ${description}. The connection was failed with ${this.closeCode}: look for the fault in the peer, or in a proxy in between`
  }
}

/** A message exceeded a limit; the connection was failed with 1009 (RFC 6455 §7.4.1). */
export class MessageTooBig extends Schema.TaggedError<MessageTooBig>(errorId("MessageTooBig"))("MessageTooBig", {
  /** The limit's name among the options. */
  limit: Schema.Literals(["maxMessageBytes", "maxFrameBytes", "maxFragments"] satisfies Array<keyof Limits.Limits>),
  /** The limit: bytes, or a count for `maxFragments`. */
  allowed: Schema.Number,
  /** What was announced or received when the limit was exceeded, in the same unit. */
  seen: Schema.Number
}) {
  override get message() {
    return `A message of the peer exceeded limits.${this.limit} (${this.seen} of ${this.allowed}): raise it if such messages are expected. The connection was failed with 1009`
  }
}

/** The peer did not answer pings in time and sent nothing else either. */
export class PongTimeout extends Schema.TaggedError<PongTimeout>(errorId("PongTimeout"))("PongTimeout", {
  interval: Schema.Duration,
  timeout: Schema.Duration,
  /** Pings in a row that went unanswered. */
  missed: Schema.Int,
  /** The last measured round trip, if there was one. */
  latency: Schema.optionalKey(Schema.Duration)
}) {
  override get message() {
    const pings = this.missed === 1 ? "a ping" : `each of ${this.missed} pings`
    return `The peer sent nothing for ${Duration.format(this.timeout)} after ${pings}: it is gone, so open a new connection, or it is slow, so raise keepAlive.timeout`
  }
}

/** The peer sent no message for too long, although it may have answered pings; the connection was closed with 1001. */
export class IdleTimeout extends Schema.TaggedError<IdleTimeout>(errorId("IdleTimeout"))("IdleTimeout", {
  idleTimeout: Schema.Duration,
  /** The last measured round trip, if there was one. */
  latency: Schema.optionalKey(Schema.Duration)
}) {
  override get message() {
    return `No message came for ${Duration.format(this.idleTimeout)}: ask the peer again on a new connection, or raise deadlines.idleTimeout`
  }
}

/** Our inbox was full and a write made no progress: both sides wait for each other to read. */
export class Stalled extends Schema.TaggedError<Stalled>(errorId("Stalled"))("Stalled", {
  stallTimeout: Schema.Duration
}) {
  override get message() {
    return `Nobody read on either side for ${Duration.format(this.stallTimeout)}: take messages while you send, or raise deadlines.stallTimeout`
  }
}

/** The failures that can be the cause of a ConnectionClosed. */
export const CloseCause = Schema.Union([
  ProtocolViolation,
  MessageTooBig,
  PongTimeout,
  IdleTimeout,
  Stalled,
  TransportError
])
export type CloseCause = typeof CloseCause.Type

/** The connection is closing or closed. */
export class ConnectionClosed extends Schema.TaggedError<ConnectionClosed>(errorId("ConnectionClosed"))(
  "ConnectionClosed",
  {
    /** The peer's code; 1005 when its Close had none, 1006 when no Close came (RFC 6455 §7.1.5). */
    closeCode: Schema.Int,
    /** The peer's close reason, unescaped. */
    closeReason: Schema.String,
    by: ClosedBy,
    /** Our Close frame, if it was sent. */
    sent: Schema.optionalKey(CloseFrame),
    /** The peer's Close frame, if it came. */
    received: Schema.optionalKey(CloseFrame),
    /** The failure that ended the connection, if there was one. */
    cause: Schema.optionalKey(CloseCause)
  }
) {
  override get message() {
    const reason = this.closeReason === "" ? "" : `, "${escapePeerText(this.closeReason)}"`
    return `${closedBy[this.by]} (${this.closeCode}${reason}): ${this.cause?.message ?? this.advice}`
  }

  private get advice() {
    return this.by === "us"
      ? "its scope was left, close or abort was called, or a sendFragments was broken off: open a new one to go on"
      : "open a new one to go on"
  }
}

const closedBy: Record<ClosedBy, string> = {
  peer: "The peer closed the connection",
  us: "The connection was closed on this side",
  network: "The connection was lost without a Close frame"
}

/** The program tried to send something illegal; nothing of it was sent, and the connection goes on. */
export class InvalidMessage extends Schema.TaggedError<InvalidMessage>(errorId("InvalidMessage"))("InvalidMessage", {
  rule: Schema.Literals(keys(Core.all)),
  /** The clause that forbids it. */
  section: Schema.String,
  /** The size in bytes, or the close code, that was rejected; absent where neither applies. */
  actual: Schema.optionalKey(Schema.Number)
}) {
  override get message() {
    const actual = this.actual === undefined ? "" : ` (not ${this.actual})`
    return `Not sent (${this.section}): ${Core.all[this.rule].advice}${actual}`
  }
}

/** What receiving can fail with. */
export type ReceiveError = ConnectionClosed | ProtocolViolation | MessageTooBig | PongTimeout | IdleTimeout | Stalled

/** What sending can fail with. */
export type SendError = ConnectionClosed | InvalidMessage
