/**
 * An open connection, as a program sees it.
 */
import type { ConnectionInfo } from "@effect-websocket/transport"
import type { NonEmptyReadonlyArray } from "effect/Array"
import type { Duration } from "effect/Duration"
import type { Effect } from "effect/Effect"
import type { Stream } from "effect/Stream"
import type { CloseInfo } from "./CloseInfo.ts"
import type { ConnectionClosed, InvalidMessage, ReceiveError, SendError } from "./Errors.ts"
import type { Latency } from "./Latency.ts"

/**
 * Text is a string, binary is bytes. Received bytes belong to the receiver. Binary messages of 65 bytes to 4 KiB that arrive in
 * one read may be views of one array, which lives as long as any of them: an array of at most 16 KiB, or, for messages of 1 KiB
 * and more, the read itself, at most 128 KiB. `slice()` a message that is kept for long, or whose `buffer` is transferred.
 */
export type Message = string | Uint8Array

/** Options for sending one message. */
export interface SendOptions {
  /**
   * False sends it uncompressed: for data that is compressed already, or for a secret beside text that a stranger chooses.
   * Default true.
   */
  readonly compress?: boolean
  /**
   * Sends it as text or binary, whatever its type: bytes of a text must be UTF-8. Default: a string is text, bytes are binary.
   */
  readonly kind?: "text" | "binary"
}

/**
 * Anything that messages can be received from and sent to: a connection, a client, or either with a schema. `Options` are those
 * of `send`.
 */
export interface Messages<A, In, RE, SE, Options = SendOptions> {
  /**
   * The messages, in order. Ends after a complete closing handshake that the program asked for, or when the peer's Close has
   * 1000, 1001 or no code; fails otherwise.
   *
   * A run takes whole arrays, one per network read (`Stream.runForEachArray` is the fast path). If an operator stops inside an
   * array, as `Stream.take` may, the rest of that array is dropped. To take a few messages and then stream the rest, use
   * `receive` for the first.
   */
  readonly messages: Stream<A, RE>
  /**
   * The next message. Interrupting it loses no message. Fails with ConnectionClosed once the connection is closed, even if
   * cleanly.
   *
   * It reads the same inbox as `messages`: each message goes to one consumer.
   */
  readonly receive: Effect<A, RE>
  /** The messages that are available, at least one and at most `most` (1 or more). Waits while there are none. */
  readonly receiveN: (most: number) => Effect<NonEmptyReadonlyArray<A>, RE>
  /**
   * Sends one message. Succeeds when it is accepted: at once while less than the transport's high-water mark (64 KiB) waits to
   * be written, otherwise once that has drained and earlier sends had their turn. After that its bytes may be reused. If
   * interrupted, the message is sent whole or not at all.
   */
  readonly send: (message: In, options?: Options) => Effect<void, SE>
  /**
   * Sends the messages as one write, or, if they do not fit, as several with nothing else in between. If one is not legal, none
   * is sent. If interrupted midway, it stops between two messages.
   */
  readonly sendAll: (messages: ReadonlyArray<In>, options?: Options) => Effect<void, SE>
}

/** A redirect that was followed. */
export interface Redirected {
  readonly status: number
  /** Where it led, without query. */
  readonly to: string
}

/**
 * An open connection. `A` is what receiving gives: whole messages, or whatever the options `delivery` and `text` asked for.
 *
 * Members can be destructured, as in `const { send } = connection`. Spreading a connection gives nothing, since its members are
 * made on first use.
 */
export interface Connection<A = Message> extends Messages<A, Message, ReceiveError, SendError> {
  /**
   * Sends one message that a Stream produces piece by piece (RFC 6455 §5.4): each non-empty element leaves as a fragment, and
   * the end of the Stream as the last one. Strings are sent as UTF-8. The pieces of a text must be valid together, so a
   * character may be split between two of them. An empty Stream is an empty message.
   *
   * From its first fragment to its last, other messages wait; pings, pongs and a Close do not. If the Stream fails before the
   * first fragment, nothing is lost. If it fails, is interrupted or turns out not to be legal after that, the message can never
   * be completed, and the connection is failed with 1011.
   */
  readonly sendFragments: <E, R>(
    kind: "text" | "binary",
    fragments: Stream<Message, E, R>,
    options?: Pick<SendOptions, "compress">
  ) => Effect<void, E | SendError, R>
  /** Succeeds when everything accepted so far was handed to the kernel. */
  readonly flush: Effect<void, ConnectionClosed>
  /**
   * Sends a ping and succeeds with the round-trip time when its pong, or that of a later ping, arrives (RFC 6455 §5.5.2).
   * `payload` holds at most 125 bytes; by default it is a unique number.
   */
  readonly ping: (payload?: Uint8Array) => Effect<Duration, SendError>
  /** Sends an unsolicited pong (RFC 6455 §5.5.3). The peer's pings are answered automatically. */
  readonly pong: (payload?: Uint8Array) => Effect<void, SendError>
  /**
   * The payloads of the peer's pings while the stream runs. It never fails, and ends with the connection. Pings are answered
   * automatically. A slow consumer sees the newest 64 and misses older ones.
   */
  readonly pings: Stream<Uint8Array>
  /** Like `pings`, for the peer's pongs, including those that answer a ping. */
  readonly pongs: Stream<Uint8Array>
  /**
   * Performs the closing handshake and succeeds with its record when the socket is destroyed, after `deadlines.closeTimeout` at
   * the latest (RFC 6455 §7.1.2). Messages already accepted are sent first; sends that still wait fail. If the connection is
   * closing already, it waits for the same end.
   *
   * `closeCode` is 1000 by default; a program may use 1000 to 1003, 1007 to 1014 and 3000 to 4999. `closeReason`
   * holds at most 123 bytes of UTF-8.
   */
  readonly close: (closeCode?: number, closeReason?: string) => Effect<CloseInfo, InvalidMessage>
  /** Destroys the connection at once, without a closing handshake. Everything that waits on it fails. */
  readonly abort: Effect<void>
  /**
   * Succeeds once the connection has ended, in whatever way: nothing is sent or received any more, except what is in the inbox
   * already. `closed` follows when the socket is destroyed, which may take until a deadline.
   */
  readonly ended: Effect<void>
  /** Succeeds with the record when the connection has ended and its socket is destroyed. Never fails. */
  readonly closed: Effect<CloseInfo>
  /** Bytes accepted by `send` and not yet handed to the kernel. */
  readonly bufferedBytes: Effect<number>
  /** The last measured round trip, of the program's own ping or of keep-alive; undefined before the first. */
  readonly latency: Effect<Duration | undefined>
  /** Statistics of the measured round trips; undefined before the first. */
  readonly latencyStatistics: Effect<Latency | undefined>
  /** The subprotocol that the server picked among those offered; undefined when it picked none. */
  readonly subprotocol: string | undefined
  /** The extensions that the server agreed to, as in its header; undefined when none. */
  readonly extensions: string | undefined
  /** The server's answer to the opening handshake; names are in lower case, in order. */
  readonly response: {
    readonly status: number
    readonly headers: ReadonlyArray<readonly [name: string, value: string]>
  }
  /** Eight random hexadecimal digits that identify it in logs and spans, as `websocket.connection`. */
  readonly id: string
  /** The URL that was dialled last, without userinfo and query, which may hold secrets. */
  readonly url: string
  /** The redirects that led there; empty when there was none. */
  readonly redirects: ReadonlyArray<Redirected>
  /**
   * Addresses, and how TLS secures the connection. Without TLS, the socket is asked for its addresses when this is first read:
   * once either end has closed it, the local one is undefined.
   */
  readonly info: ConnectionInfo
}
