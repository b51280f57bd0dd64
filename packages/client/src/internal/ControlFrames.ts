/**
 * Sending pings and pongs (RFC 6455 §5.5.2, §5.5.3): they overtake messages that wait in line. `Pings` matches pings with
 * pongs and measures.
 */
import type { Endpoint } from "@effect-websocket/core"
import * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { ConnectionClosed, SendError } from "../Errors.ts"
import * as InvalidControl from "./InvalidControl.ts"
import type { Outgoing } from "./Outgoing.ts"
import type { PendingPing, Pings } from "./Pings.ts"

/** What they need from a session. */
export interface Sender {
  readonly endpoint: Pick<Endpoint.Endpoint<unknown>, "ping" | "pong">
  readonly outgoing: Pick<Outgoing, "line">
  readonly pings: Pings
  /** Succeeds once everything accepted so far was handed to the kernel. */
  readonly flush: Effect.Effect<void, ConnectionClosed>
}

/** Succeeds with the round-trip time when the pong, or that of a later ping, came. */
export const ping = (sender: Sender, payload: Uint8Array | undefined): Effect.Effect<Duration.Duration, SendError> =>
  Effect.suspend((): Effect.Effect<Duration.Duration, SendError> => {
    const invalid = payload === undefined ? undefined : InvalidControl.of(payload)
    if (invalid !== undefined) return Effect.fail(invalid)
    const ping = sender.pings.make(payload)
    return Effect.andThen(sendPing(sender, ping), Deferred.await(ping.pong)).pipe(
      Effect.onExit(() => Effect.sync(() => sender.pings.forget(ping)))
    )
  })

/** Succeeds when the ping was handed to the kernel. */
export const sendPing = (sender: Sender, ping: PendingPing): Effect.Effect<void, ConnectionClosed> => {
  const encode = () => {
    sender.endpoint.ping(ping.payload)
    sender.pings.sent(ping)
  }
  return Effect.andThen(sender.outgoing.line.overtake(encode), sender.flush).pipe(
    Effect.map(() => sender.pings.flushed(ping))
  )
}

/** An unsolicited pong. */
export const pong = ({ endpoint, outgoing }: Sender, payload: Uint8Array): Effect.Effect<void, SendError> =>
  Effect.suspend((): Effect.Effect<void, SendError> => {
    const invalid = InvalidControl.of(payload)
    if (invalid !== undefined) return Effect.fail(invalid)
    const own = payload.slice()
    return outgoing.line.overtake(() => endpoint.pong(own))
  })
