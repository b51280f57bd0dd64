/**
 * The `Connection` that a program gets for a session. Its members are made when they are read, so an idle connection holds none
 * of them. Those that a program reads for each message are kept. Each member also works alone, as in
 * `const { send } = connection`.
 */
import type { OpeningHandshake } from "@effect-websocket/core"
import type { ConnectionInfo } from "@effect-websocket/transport"
import type { Duration } from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { CloseInfo } from "../CloseInfo.ts"
import type { Connection, Redirected } from "../Connection.ts"
import type { ConnectionClosed, ReceiveError } from "../Errors.ts"
import type { Latency } from "../Latency.ts"
import { batchSize } from "./BatchSize.ts"
import * as ControlFrames from "./ControlFrames.ts"
import type { Session } from "./Session.ts"
import * as Spans from "./Spans.ts"

/** What is known from opening the connection. */
export interface Facts extends Pick<OpeningHandshake.Accepted, "subprotocol" | "extensions" | "status"> {
  /** One header per line (`linesOf`), which takes half the memory of arrays. */
  readonly headers: string
  readonly url: string
  readonly redirects: ReadonlyArray<Redirected>
}

export class OpenConnection<A> implements Connection<A> {
  readonly #session: Session<A>
  readonly #facts: Facts
  #receive: Connection<A>["receive"] | undefined
  #send: Connection<A>["send"] | undefined
  #sendAll: Connection<A>["sendAll"] | undefined

  constructor(session: Session<A>, facts: Facts) {
    this.#session = session
    this.#facts = facts
  }

  // ---- messages

  get messages(): Stream.Stream<A, ReceiveError> {
    return Stream.fromPull(Effect.succeed(this.#session.inbox.takeAll))
  }

  get receive(): Effect.Effect<A, ReceiveError> {
    this.#receive ??= Effect.map(this.#session.inbox.take(1), (messages) => messages[0])
    return this.#receive
  }

  get receiveN(): Connection<A>["receiveN"] {
    return (most) => this.#session.inbox.take(batchSize(most))
  }

  get send(): Connection<A>["send"] {
    this.#send ??= sendOf(this.#session)
    return this.#send
  }

  get sendAll(): Connection<A>["sendAll"] {
    this.#sendAll ??= sendAllOf(this.#session)
    return this.#sendAll
  }

  get sendFragments(): Connection<A>["sendFragments"] {
    return (kind, fragments, options) => this.#session.sendFragments(kind, fragments, options)
  }

  get flush(): Effect.Effect<void, ConnectionClosed> {
    return this.#session.flush
  }

  // ---- control frames

  get ping(): Connection<A>["ping"] {
    return (payload) => ControlFrames.ping(this.#session, payload)
  }

  get pong(): Connection<A>["pong"] {
    return (payload = new Uint8Array(0)) => ControlFrames.pong(this.#session, payload)
  }

  get pings(): Stream.Stream<Uint8Array> {
    return this.#session.watched("Ping").stream
  }

  get pongs(): Stream.Stream<Uint8Array> {
    return this.#session.watched("Pong").stream
  }

  // ---- the end

  get close(): Connection<A>["close"] {
    return (closeCode = 1000, closeReason = "") =>
      Spans.closing(this.#session.goodbye.close(closeCode, closeReason), this.id)
  }

  get abort(): Effect.Effect<void> {
    return this.#session.abort
  }

  get ended(): Effect.Effect<void> {
    return this.#session.outcome.ended
  }

  get closed(): Effect.Effect<CloseInfo> {
    return this.#session.outcome.closed
  }

  // ---- information

  get bufferedBytes(): Effect.Effect<number> {
    return Effect.sync(() => this.#session.outgoing.bufferedBytes)
  }

  get latency(): Effect.Effect<Duration | undefined> {
    return Effect.sync(() => this.#session.pings.latencies.last)
  }

  get latencyStatistics(): Effect.Effect<Latency | undefined> {
    return Effect.sync(() => this.#session.pings.latencies.statistics)
  }

  get subprotocol(): string | undefined {
    return this.#facts.subprotocol
  }

  get extensions(): string | undefined {
    return this.#facts.extensions
  }

  get response(): Connection["response"] {
    const { headers, status } = this.#facts
    return { status, headers: headers.split("\n").map(parted) }
  }

  get id(): string {
    return this.#session.id
  }

  get url(): string {
    return this.#facts.url
  }

  get redirects(): ReadonlyArray<Redirected> {
    return this.#facts.redirects
  }

  get info(): ConnectionInfo {
    return this.#session.stream.info
  }
}

const sendOf =
  ({ outgoing }: Session<unknown>): Connection["send"] =>
  (message, options) =>
    outgoing.send(message, options)

const sendAllOf =
  ({ outgoing }: Session<unknown>): Connection["sendAll"] =>
  (messages, options) =>
    outgoing.sendAll(messages, options)

/** One header per line: a value has no line breaks. `join` makes one flat string that does not keep its parts alive. */
export const linesOf = (headers: OpeningHandshake.Accepted["headers"]): string =>
  headers.map((header) => `${header[0]}:${header[1]}`).join("\n")

const parted = (line: string): readonly [name: string, value: string] => {
  const colon = line.indexOf(":")
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1)]
}
