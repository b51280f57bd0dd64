/**
 * What can go wrong with a long-lived client, besides the errors of a connection: its `onOpen`, and messages that were not
 * sent, or perhaps not.
 */
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import { ConnectError } from "./ConnectError.ts"
import { ConnectionClosed, IdleTimeout, MessageTooBig, PongTimeout, ProtocolViolation, Stalled } from "./Errors.ts"
import { errorId } from "./internal/ErrorId.ts"

/** The program's `onOpen` failed, died, or took longer than `onOpenTimeout`; its connection was closed with 1011. */
export class OnOpenFailed extends Schema.TaggedError<OnOpenFailed>(errorId("OnOpenFailed"))("OnOpenFailed", {
  generation: Schema.Int,
  problem: Schema.Literals(["failed", "died", "timed out"]),
  /** What `onOpen` failed or died with. */
  cause: Schema.optionalKey(Schema.Defect()),
  /** How long `onOpen` may take; only if it timed out. */
  timeout: Schema.optionalKey(Schema.Duration)
}) {
  override get message() {
    const how = this.timeout === undefined ? this.problem : `was not done after ${Duration.format(this.timeout)}`
    const cause = this.cause === undefined ? "look for what it waits for, or raise onOpenTimeout" : String(this.cause)
    return `onOpen ${how} on connection ${this.generation}: ${cause}`
  }
}

/** Why a connection was lost, or could not be made. */
export const LossCause = Schema.Union([
  ConnectError,
  ConnectionClosed,
  ProtocolViolation,
  MessageTooBig,
  PongTimeout,
  IdleTimeout,
  Stalled,
  OnOpenFailed
])
export type LossCause = typeof LossCause.Type

/** The message was not sent over any connection, and will not be. Sending it again cannot duplicate it. */
export class NotSent extends Schema.TaggedError<NotSent>(errorId("NotSent"))("NotSent", {
  /**
   * `disconnected`: there was no connection, and the outbox keeps none. `overflow`: the outbox was full. `expired`: it
   * waited longer than `outbox.maxAge`. `session lost`: it was not durable, and its connection ended before its turn.
   * `stopped`: the client will not connect again, or the connection of `Requests` has ended.
   */
  why: Schema.Literals(["disconnected", "overflow", "expired", "session lost", "stopped"]),
  /** The loss that caused it, if there was one. */
  cause: Schema.optionalKey(LossCause)
}) {
  override get message() {
    const cause = this.cause === undefined ? "" : `: ${this.cause.message}`
    return `Not sent, ${advice[this.why]}${cause}`
  }
}

const advice: Record<NotSent["why"], string> = {
  disconnected: "there is no connection now: wait for the next, or let the outbox queue",
  overflow: "the outbox is full: send less, raise its bounds, or let senders wait",
  expired: "it waited in the outbox for longer than outbox.maxAge: send it again if it still matters, or raise that",
  "session lost": "its connection ended before its turn: send it again, or as durable",
  stopped: "the client or connection has ended for good: make another one to go on"
}

/**
 * The connection was lost after the message was accepted and before all of it was handed to the kernel, so the peer may have
 * it: only an answer from the peer can tell. A durable message that waits to be sent again after that also fails with this if
 * it is dropped or expires, or if the client stops.
 */
export class FateUnknown extends Schema.TaggedError<FateUnknown>(errorId("FateUnknown"))("FateUnknown", {
  /** The loss that caused it; absent if the program closed the connection. */
  cause: Schema.optionalKey(LossCause)
}) {
  override get message() {
    const cause = this.cause === undefined ? "" : `: ${this.cause.message}`
    return `The connection was lost before it was clear whether the message arrived, so the peer may or may not have it: ask the peer, or send it again if a duplicate does no harm${cause}`
  }
}

/** What receiving from a client fails with once it has stopped: the loss that stopped it. */
export type ClientReceiveError = LossCause
