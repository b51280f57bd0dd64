/**
 * A long-lived client: one conversation over as many connections as it takes.
 */
import type { Effect } from "effect/Effect"
import type { Stream } from "effect/Stream"
import type { ClientReceiveError, FateUnknown, NotSent } from "./ClientErrors.ts"
import type { CloseInfo } from "./CloseInfo.ts"
import type { Connection, Message, Messages, SendOptions } from "./Connection.ts"
import type { InvalidMessage } from "./Errors.ts"
import type { LostMessages, Status } from "./Status.ts"

export interface ClientSendOptions extends SendOptions {
  /**
   * True: the outbox keeps the message until it was handed to the kernel, over as many connections as that takes. False,
   * the default: it is bound to the connection that accepts it, and lost with it.
   */
  readonly durable?: boolean
}

/** What sending can fail with. What was accepted before and lost later is counted, and reported to `onLost`. */
export type ClientSendError = InvalidMessage | NotSent | FateUnknown

export interface Client extends Messages<Message, Message, ClientReceiveError, ClientSendError, ClientSendOptions> {
  /**
   * As `Connection.send`, over the connection there is. While there is none it waits, fails or queues, as
   * `outbox.whileDisconnected` says.
   */
  readonly send: (message: Message, options?: ClientSendOptions) => Effect<void, ClientSendError>
  readonly sendAll: (messages: ReadonlyArray<Message>, options?: ClientSendOptions) => Effect<void, ClientSendError>
  /**
   * As `send`, and answers what becomes of the message: an Effect that succeeds when all of it was handed to the kernel,
   * and fails with NotSent or FateUnknown when the connection was lost before. That the peer has it, only the peer
   * can tell.
   */
  readonly sendTracked: (
    message: Message,
    options?: ClientSendOptions
  ) => Effect<Effect<void, NotSent | FateUnknown>, ClientSendError>
  /** Where it stands now. */
  readonly status: Effect<Status>
  /** The status now and each one after it, to `Stopped`. A slow reader misses the older ones. */
  readonly statusChanges: Stream<Status>
  /** The open connection: waits for the next one while there is none, and fails once there will be none. */
  readonly connection: Effect<Connection, ClientReceiveError>
  /**
   * Connects now: ends the wait for the next attempt, or replaces an open connection by a new one, as after a change of
   * the network. Does nothing while an attempt is going on, paused or stopped.
   */
  readonly reconnectNow: Effect<void>
  /** Closes the connection with 1000 and makes none until `resume`. Succeeds when the connection has ended. */
  readonly pause: Effect<void>
  readonly resume: Effect<void>
  /**
   * Stops for good: what the outbox holds leaves first where there is a connection, then the closing handshake is
   * performed. A pending attempt is interrupted at once. Answers how the last connection ended; 1006 without one.
   */
  readonly close: (closeCode?: number, closeReason?: string) => Effect<CloseInfo, InvalidMessage>
  /** Messages that the outbox holds, and their size in bytes or UTF-16 units. */
  readonly outbox: Effect<{ readonly messages: number; readonly bytes: number }>
  /** Messages lost since the client was made. */
  readonly lost: Effect<LostMessages>
}
