/**
 * A scripted server: the other end of a connection under test, driven step by step by the test.
 *
 * It speaks the protocol through `core` in the server role, over the in-memory transport or over a listening socket,
 * and reads only while the test asks for the `next` event; so what it answers, and when, is the test's decision.
 * Pings and Closes are answered when they are read, unless `mute` is set. `write` sends literal bytes.
 */

import {
  Endpoint,
  InvalidMessage,
  type Limits,
  OpeningHandshakeServer,
  PerMessageDeflate,
  Platform
} from "@effect-websocket/core"
import * as Bytes from "effect/Bytes"
import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type { Pull } from "effect/Pull"
import type { Message } from "../Connection.ts"

/** The bytes under a server: what the in-memory peer and an accepted socket have in common. */
export interface Wire {
  /** What the client has written, as soon as there is something; Done when no more will come. */
  readonly take: Pull<Uint8Array>
  readonly send: (bytes: Uint8Array) => void
  /** Ends this side of the stream. */
  readonly end: () => void
}

/** What a client did. */
export type Event =
  | { readonly _tag: "Message"; readonly message: Message }
  | Endpoint.Control
  | { readonly _tag: "Close"; readonly closeCode: number | undefined; readonly closeReason: string }
  | { readonly _tag: "Violation"; readonly rule: string }
  /** The client ended its side of the stream, or it broke. */
  | { readonly _tag: "End" }

/** The server's end of one connection, driven step by step. */
export interface ServerPeer {
  /** The client's opening handshake. */
  readonly request: OpeningHandshakeServer.Requested
  /** What the client does next, in order; after the end, always `End`. Only while it runs are pings and Closes answered. */
  readonly next: Effect.Effect<Event>
  /**
   * Sends a message, a ping, a pong or a Close as one write; after a Close nothing more, unless it is mute. Dies when it is
   * not legal to send, such as a Close with 1005: `write` sends whatever it is told to.
   */
  readonly send: (message: Message) => Effect.Effect<void>
  readonly ping: (payload?: Uint8Array) => Effect.Effect<void>
  readonly pong: (payload?: Uint8Array) => Effect.Effect<void>
  readonly close: (closeCode?: number, closeReason?: string) => Effect.Effect<void>
  /** Sends literal bytes. */
  readonly write: (bytes: Uint8Array) => Effect.Effect<void>
  /** Runs the steps; all that they send goes out as one write. */
  readonly together: (steps: ReadonlyArray<Effect.Effect<void>>) => Effect.Effect<void>
  /** Ends this side of the stream. */
  readonly end: Effect.Effect<void>
}

/** How a handshake is answered, and whether the server does anything by itself. */
export interface AcceptOptions {
  readonly subprotocol?: string
  /**
   * Agrees to the first offer of permessage-deflate, if there is one. What this server sends is then marked as compressed
   * without being any smaller.
   */
  readonly compression?: boolean
  readonly headers?: ReadonlyArray<readonly [name: string, value: string]>
  /** Literal bytes behind the answer, in the same write: the first frames. */
  readonly first?: Uint8Array
  /** Does not answer pings and Closes by itself; after a Close it can still send. */
  readonly mute?: boolean
}

/** Reads the client's request and accepts it. Dies if the request is not legal: our client sends no other. */
export const accept = (wire: Wire, options?: AcceptOptions): Effect.Effect<ServerPeer> =>
  Effect.flatMap(Effect.orDie(request(wire)), (request) => acceptRequest(wire, request, options))

/** Reads the client's request and answers it with literal bytes. Dies if the request is not legal. */
export const answer = (wire: Wire, bytes: Uint8Array | string): Effect.Effect<OpeningHandshakeServer.Requested> =>
  Effect.map(Effect.orDie(request(wire)), (request) => {
    wire.send(typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes)
    return request
  })

/** Reads the client's request. Fails if it is not legal, and with Done if the client left before its end. */
export const request = Effect.fnUntraced(function* (
  wire: Wire
): Effect.fn.Return<OpeningHandshakeServer.Requested, OpeningHandshakeServer.RequestInvalid | Cause.Done> {
  const reader = OpeningHandshakeServer.reader()
  while (true) {
    const answer = reader.push(yield* wire.take)
    if (answer._tag === "Requested") return answer
    if (answer._tag === "RequestInvalid") return yield* Effect.fail(answer)
  }
})

/** Accepts a request that was read. Dies if the options are not a legal answer to it. */
export const acceptRequest = Effect.fnUntraced(function* (
  wire: Wire,
  request: OpeningHandshakeServer.Requested,
  options: AcceptOptions = {}
) {
  const terms = options.compression ? PerMessageDeflate.accept(request.extensions ?? "") : undefined
  const answer = OpeningHandshakeServer.accept(request, {
    ...options,
    ...(terms && { extensions: terms.header }),
    sha1: Platform.pure.sha1
  })
  if (!(answer instanceof Uint8Array)) return yield* Effect.die(answer)
  wire.send(Bytes.concat([answer, options.first ?? empty]))
  return make(wire, request, options.mute ?? false, terms?.agreed)
})

/** Sends every message back until the client is gone, and answers its Close: a client that leaves its scope waits for that. */
export const echo = (peer: ServerPeer): Effect.Effect<void> =>
  Effect.flatMap(peer.next, (event) => {
    if (event._tag === "End") return peer.end
    return Effect.andThen(event._tag === "Message" ? peer.send(event.message) : Effect.void, echo(peer))
  })

const make = (
  wire: Wire,
  request: OpeningHandshakeServer.Requested,
  mute: boolean,
  agreed: PerMessageDeflate.Agreed | undefined
): ServerPeer => {
  const endpoint = makeEndpoint(agreed)
  // Mute, it leaves a Close unanswered, so it may go on sending.
  const speaker = mute ? makeEndpoint(agreed) : endpoint
  const events: Array<Event> = []
  let told: Endpoint.Endpoint["state"] = "Open"

  const outbox: Array<Uint8Array> = []
  let held = 0

  const flush = () => {
    outbox.push(...speaker.output.take())
    if (held === 0 && outbox.length > 0) wire.send(Bytes.concat(outbox.splice(0)))
  }
  /** Takes one message at a time, so that pings, pongs and messages are told in the order in which they came. */
  const take = (bytes: Uint8Array): void => {
    endpoint.receive(bytes)
    for (let usedUp = false; !usedUp; ) {
      const messages: Array<Message> = []
      usedUp = endpoint.read(messages, { messages: 1, bytes: Number.POSITIVE_INFINITY })
      events.push(...endpoint.controls.splice(0), ...messages.map((message): Event => ({ _tag: "Message", message })))
    }
    if (endpoint.closeReceived && told !== "Closed") events.push({ _tag: "Close", ...endpoint.closeReceived })
    if (endpoint.failure && told !== endpoint.state) events.push(violation(endpoint))
    told = endpoint.state
    flush()
  }
  const next: Effect.Effect<Event> = Effect.suspend(() => {
    const event = events.shift()
    if (event !== undefined) return Effect.succeed(event)
    return Effect.matchEffect(wire.take, {
      onSuccess: (bytes) => {
        take(bytes)
        return next
      },
      onFailure: () => Effect.succeed<Event>({ _tag: "End" })
    })
  })
  /** Dies if `encode` returns what is illegal. */
  const sending = (encode: () => unknown) =>
    Effect.suspend(() => {
      const problem = encode()
      if (problem !== undefined) return Effect.die(problem)
      flush()
      return Effect.void
    })
  if (request.leftover.length > 0) take(request.leftover)
  return {
    request,
    next,
    send: (message) => sending(() => speaker.invalid(message) ?? speaker.send(message)),
    ping: (payload = empty) => sending(() => InvalidMessage.ofControlPayload(payload) ?? speaker.ping(payload)),
    pong: (payload = empty) => sending(() => InvalidMessage.ofControlPayload(payload) ?? speaker.pong(payload)),
    close: (closeCode, closeReason = "") => sending(() => speaker.close(closeCode, closeReason)),
    write: (bytes) => sending(() => void outbox.push(bytes)),
    together: (steps) =>
      Effect.acquireUseRelease(
        Effect.sync(() => held++),
        () => Effect.all(steps, { discard: true }),
        () =>
          Effect.sync(() => {
            held--
            flush()
          })
      ),
    end: Effect.sync(() => wire.end())
  }
}

const makeEndpoint = (agreed: PerMessageDeflate.Agreed | undefined) =>
  new Endpoint.Endpoint({
    role: "server",
    platform: Platform.pure,
    limits: unlimited,
    maskingKey: () => 0,
    compression: agreed && { agreed, level: 6, memoryLevel: 8, threshold: 1 }
  })

const violation = ({ failure }: Endpoint.Endpoint): Event => ({
  _tag: "Violation",
  rule: failure!._tag === "ProtocolViolation" ? failure!.rule : failure!.limit
})

const unlimited: Limits.Limits = {
  maxMessageBytes: Number.POSITIVE_INFINITY,
  maxFrameBytes: Number.POSITIVE_INFINITY,
  maxFragments: Number.POSITIVE_INFINITY
}

const empty = new Uint8Array(0)
