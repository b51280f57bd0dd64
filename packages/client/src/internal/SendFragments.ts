/**
 * One message that a Stream brings bit by bit: each element becomes a fragment as soon as it is there, and the end of
 * the Stream the last one, which is empty. So nothing is held back, and nothing of the message is held at all.
 *
 * It takes its turn in line with its first fragment and holds the line to its last. What was begun cannot be taken back:
 * when the Stream fails or is interrupted in between, the connection is failed (`abandon`).
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
  /** Fails the connection: a message was begun that will not be ended. */
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

  /** What brings no byte yet, such as half of a surrogate pair, sends nothing. */
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

  /** A message that was begun and not ended holds the line for good: nothing can follow it but a Close. */
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
