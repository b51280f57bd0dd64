/**
 * Sends one message that a Stream produces piece by piece: each element becomes a fragment at once, and the end of the Stream
 * becomes the last fragment, which is empty. So no part of the message is kept or delayed.
 *
 * It waits for its turn with the first fragment and holds the line until the last one. A message that was begun cannot be taken
 * back: if the Stream fails or is interrupted before its end, the connection fails (`abandon`).
 */
import {
  type Endpoint,
  type InvalidMessage as Invalid,
  MessageParts,
  type OutgoingMessage
} from "@effect-websocket/core"
import { NodePlatform } from "@effect-websocket/transport"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Message, SendOptions } from "../Connection.ts"
import { type ConnectionClosed, InvalidMessage, type SendError } from "../Errors.ts"
import type { Outgoing } from "./Outgoing.ts"

export interface Parts {
  readonly outgoing: Outgoing
  readonly endpoint: Pick<Endpoint.Endpoint<unknown>, "begin">
  /** Fails the connection, since a message was begun that will never end. */
  readonly abandon: Effect.Effect<void>
}

export const sendFragments = <E, R>(
  parts: Parts,
  kind: "text" | "binary",
  fragments: Stream.Stream<Message, E, R>,
  options: Pick<SendOptions, "compress"> = {}
): Effect.Effect<void, E | SendError, R> =>
  Effect.suspend(() => {
    const sending = new Sending(parts, kind, options.compress)
    return Stream.runForEach(fragments, (fragment) => sending.send(fragment)).pipe(
      Effect.andThen(sending.end),
      Effect.raceFirst(parts.outgoing.line.whenEnded),
      Effect.ensuring(sending.leave)
    )
  })

/** One message on its way. */
class Sending {
  private readonly parts: Parts
  private readonly text: MessageParts.MessageParts
  private readonly begin: () => OutgoingMessage.StreamedMessage
  private message: OutgoingMessage.StreamedMessage | undefined
  private ended = false

  constructor(parts: Parts, kind: "text" | "binary", compress: boolean | undefined) {
    this.parts = parts
    this.text = new MessageParts.MessageParts(kind, NodePlatform.platform)
    const begin = () => parts.endpoint.begin(kind, compress)
    this.begin = begin
  }

  /** An element that makes no bytes yet, such as half of a surrogate pair, sends nothing. */
  send(fragment: Message): Effect.Effect<void, SendError> {
    const bytes = this.text.take(fragment)
    if (!(bytes instanceof Uint8Array)) return illegal(bytes)
    const most = this.parts.outgoing.fragmentBytes
    if (bytes.length <= most) return bytes.length === 0 ? Effect.void : this.encode(bytes, false)
    let at = 0
    return Effect.whileLoop({
      while: () => at < bytes.length,
      body: () => this.encode(bytes.subarray(at, at + most), false),
      step: () => {
        at += most
      }
    })
  }

  readonly end: Effect.Effect<void, SendError> = Effect.suspend((): Effect.Effect<void, SendError> => {
    const invalid = this.text.end()
    return invalid === undefined ? this.encode(empty, true) : illegal(invalid)
  })

  /** Ends holding the line. If the message was begun and not finished, nothing can follow it but a Close. */
  readonly leave: Effect.Effect<void> = Effect.suspend(() => {
    if (this.message !== undefined && !this.ended) return this.parts.abandon
    this.parts.outgoing.line.letGo(this)
    return Effect.void
  })

  private encode(bytes: Uint8Array, last: boolean): Effect.Effect<void, ConnectionClosed> {
    const { line } = this.parts.outgoing
    const encodeNow = () => {
      if (this.message === undefined) {
        this.message = this.begin()
        line.hold(this)
      }
      this.message.send(bytes, last)
      this.ended = last
      return true
    }
    return this.message === undefined ? line.submit(encodeNow) : line.overtake(encodeNow)
  }
}

const illegal = (invalid: Invalid.InvalidMessage) => Effect.fail(new InvalidMessage(invalid))

const empty = new Uint8Array(0)
