/**
 * What a program holds of an open connection.
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
 * Text is a string, binary is bytes. Bytes that come belong to the receiver. Binary messages of 65 bytes to 4 KiB that come
 * in one read may be views of one array, which lives as long as one of them: of at most 16 KiB, and from 1 KiB on of
 * the read itself, at most 128 KiB. `slice()` what is kept for long, or whose `buffer` is transferred.
 */
export type Message = string | Uint8Array

/** What can be said about one message. */
export interface SendOptions {
  /** False sends it as it is: for what is compressed already, or secret beside what a stranger chooses. Default true. */
  readonly compress?: boolean
  /** Text or binary, whatever it is given as: bytes of a text must be UTF-8. Default: a string is text, bytes are binary. */
  readonly kind?: "text" | "binary"
}

/** Something that messages can be taken from and sent to. `Options` is what can be said about one that is sent. */
export interface Messages<A, In, RE, SE, Options = SendOptions> {
  /**
   * The messages, in order. Ends after a complete closing handshake that the program asked for, or when the peer's
   * Close bears 1000, 1001 or no code; fails otherwise.
   *
   * A run takes whole arrays, one per network read (`Stream.runForEachArray` is the fast lane): when an operator stops
   * inside one, as `Stream.take` may, the rest of that array is dropped. To take some and then stream, `receive` first.
   */
  readonly messages: Stream<A, RE>
  /**
   * The next message. Interrupting it never loses one. Fails with ConnectionClosed at the end, also at a clean one.
   *
   * It reads the same inbox as `messages`: each message goes to one taker.
   */
  readonly receive: Effect<A, RE>
  /** The messages at hand, at least one and at most `most` (1 or more): waits while there is none. */
  readonly receiveN: (most: number) => Effect<NonEmptyReadonlyArray<A>, RE>
  /**
   * Sends one message. Succeeds when it is accepted: at once while less than the transport's high-water mark (64 KiB)
   * waits to be written, else when it has drained and those before it in line had their turn. Bytes may be reused
   * after it. An interrupted send is sent whole or not at all.
   */
  readonly send: (message: In, options?: Options) => Effect<void, SE>
  /**
   * Sends the messages as one write, or where they do not fit in several with nothing of others in between. If one is
   * not legal, none is sent; interrupted midway, it stops between two of them.
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
 * `A` is what taking gives: whole messages, or what `delivery` and `text` asked for in their place.
 *
 * Each member can be taken off it, as in `const { send } = connection`. Spreading it gives nothing: they are made when they
 * are asked for.
 */
export interface Connection<A = Message> extends Messages<A, Message, ReceiveError, SendError> {
  /**
   * Sends one message that a Stream brings bit by bit (RFC 6455 §5.4): each element leaves as a fragment, an empty one
   * excepted, and the Stream's end as the last. Strings are sent as UTF-8; strings and bytes of a text must be legal
   * together, so a character may be cut between two of them. An empty Stream is an empty message.
   *
   * With its first fragment it takes its turn, and until its last other data waits; pings, pongs and a Close do not. A
   * Stream that fails before is no loss. One that fails or is interrupted after it, or that turns out not to be legal,
   * leaves a message that can never be ended: the connection is failed with 1011.
   */
  readonly sendFragments: <E, R>(
    kind: "text" | "binary",
    fragments: Stream<Message, E, R>,
    options?: Pick<SendOptions, "compress">
  ) => Effect<void, E | SendError, R>
  /** Succeeds when everything accepted so far was handed to the kernel. */
  readonly flush: Effect<void, ConnectionClosed>
  /**
   * Sends a ping and succeeds with the round-trip time when its pong, or that of a later ping, came (RFC 6455 §5.5.2).
   * `payload` holds at most 125 bytes; by default a number of its own.
   */
  readonly ping: (payload?: Uint8Array) => Effect<Duration, SendError>
  /** Sends an unsolicited pong (RFC 6455 §5.5.3). Pings of the peer are answered without it. */
  readonly pong: (payload?: Uint8Array) => Effect<void, SendError>
  /**
   * The payloads of the pings that the peer sends from when the stream runs. It never fails, and ends with the connection.
   * Pings are answered without it. Who is slow sees the newest 64: older ones are left out.
   */
  readonly pings: Stream<Uint8Array>
  /** As `pings`: the pongs of the peer, those that answer a ping among them. */
  readonly pongs: Stream<Uint8Array>
  /**
   * Performs the closing handshake and succeeds with its record when the socket is destroyed, at the latest after
   * `deadlines.closeTimeout` (RFC 6455 §7.1.2). Messages accepted before leave first; sends that still wait fail. On a
   * connection that is closing already it waits for the same end.
   *
   * `closeCode` is 1000 by default; a program may use 1000 to 1003, 1007 to 1014 and 3000 to 4999. `closeReason`
   * holds at most 123 bytes of UTF-8.
   */
  readonly close: (closeCode?: number, closeReason?: string) => Effect<CloseInfo, InvalidMessage>
  /** Destroys the connection at once, without a closing handshake; everything that waits on it fails. */
  readonly abort: Effect<void>
  /**
   * Succeeds once the end is known, whichever way it came: nothing is sent or received any more, but what is in the inbox
   * already. `closed` follows when the socket is destroyed, after a goodbye that may take until a deadline.
   */
  readonly ended: Effect<void>
  /** Succeeds with the record when the connection has ended and its socket is destroyed. Never fails. */
  readonly closed: Effect<CloseInfo>
  /** Bytes accepted by `send` and not yet handed to the kernel. */
  readonly bufferedBytes: Effect<number>
  /** The last measured round trip, of a ping of the program's or of keep-alive; undefined before the first. */
  readonly latency: Effect<Duration | undefined>
  /** What the measured round trips say together; undefined before the first. */
  readonly latencyStatistics: Effect<Latency | undefined>
  /** What the server picked among those offered, undefined when none. */
  readonly subprotocol: string | undefined
  /** The extensions that the server agreed to, as its header says; undefined when none. */
  readonly extensions: string | undefined
  /** The server's answer to the opening handshake; names are in lower case, in order. */
  readonly response: {
    readonly status: number
    readonly headers: ReadonlyArray<readonly [name: string, value: string]>
  }
  /** Eight random hexadecimal digits, with which logs and spans tell it from others: `websocket.connection`. */
  readonly id: string
  /** What was dialled at last, without userinfo and query: they may hold secrets. */
  readonly url: string
  /** The redirects that led there; empty when there was none. */
  readonly redirects: ReadonlyArray<Redirected>
  /** Addresses, and how TLS secures the connection. */
  readonly info: ConnectionInfo
}
