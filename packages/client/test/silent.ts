/** What the tests of keep-alive share: a server that answers no ping by itself, and a look at the wire. */
import type { ConnectOptions } from "@effect-websocket/client"
import * as Effect from "effect/Effect"
import { type Connected, connected } from "./harness.ts"

/** 20 s and 20 s unless said otherwise; the server answers no ping by itself. */
export const silent = (options: ConnectOptions = {}, server: { readonly highWaterMark?: number } = {}) =>
  connected(options, { mute: true, ...server })

/** Ping frames that reached the wire so far. The connection masks with zeros, so they are easy to find. */
export const pings = ({ wire }: Connected) => {
  const written = [...wire.written()].map((byte) => byte.toString(16).padStart(2, "0")).join(" ")
  return written.match(/89 84 00 00 00 00/g)?.length ?? 0
}

export const isOver = ({ wire }: Connected) => wire.isDestroyed()
/** Answers the last ping, whatever it bears. */
export const answer = Effect.fnUntraced(function* ({ server, wire }: Connected) {
  const written = wire.written()
  yield* server.pong(written.slice(-4))
})
