/**
 * The spans of a connection besides those of dialling: closing it, and each attempt of a long-lived client after a loss. There
 * are none for messages.
 */
import { Span } from "@effect-websocket/transport"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as References from "effect/References"
import * as Scope from "effect/Scope"
import type { LossCause } from "../ClientErrors.ts"
import type { CloseInfo } from "../CloseInfo.ts"
import * as Metrics from "../Metrics.ts"

/** The attribute of spans and logs that says which connection they are about. */
export const connectionId = "websocket.connection"

/** A random id, since counting would need state that all programs of a process share. */
export const newId = (random: number): string =>
  octets[random >>> 24]! + octets[(random >>> 16) & 0xff]! + octets[(random >>> 8) & 0xff]! + octets[random & 0xff]!

/** From a table: for a number of 32 bits, `toString(16)` takes ten times as long. */
const octets = Array.from({ length: 0x100 }, (_, octet) => octet.toString(16).padStart(2, "0"))

/** The context of a dial: the scope for what it opens, and the connection's id for its logs. */
export const dialling =
  <R>(scope: Scope.Scope, id: string) =>
  (context: Context.Context<R>): Context.Context<R | Scope.Scope> => {
    const annotations = Context.get(context, References.CurrentLogAnnotations)
    // A computed key would call V8's runtime.
    const own = { ...annotations, "websocket.connection": id } satisfies { [connectionId]: string }
    return Context.add(Context.add(context, Scope.Scope, scope), References.CurrentLogAnnotations, own)
  }

/** The span of a closing handshake, whoever asked for it. */
export const closing = <E>(close: Effect.Effect<CloseInfo, E>, id: string): Effect.Effect<CloseInfo, E> =>
  Span.use(
    "WebSocket.close",
    () => ({ attributes: { [connectionId]: id } }),
    (attribute) =>
      Effect.map(close, (info) => {
        attribute("websocket.close_code", info.sent?.closeCode ?? info.closeCode)
        attribute("websocket.closed_by", info.by)
        attribute("websocket.clean", info.clean)
        return info
      })
  )

/** The span of an attempt after a loss. Counts it too, by its cause. */
export const reconnecting = <A, E, R>(
  connect: Effect.Effect<A, E, R>,
  { attempt, cause }: { readonly attempt: number; readonly cause: LossCause }
): Effect.Effect<A, E, R> => {
  const name = nameOf(cause)
  return Span.around("WebSocket.reconnect", (attribute) => {
    attribute("websocket.attempt", attempt)
    attribute("websocket.cause", name)
    return Effect.andThen(Metric.update(Metric.withAttributes(Metrics.reconnects, { cause: name }), 1), connect)
  })
}

/** The most telling tag: the failure behind a closed connection, or the reason of a ConnectError. */
const nameOf = (cause: LossCause): string => {
  if (cause._tag === "ConnectError") return cause.reason._tag
  if (cause._tag !== "ConnectionClosed" || cause.cause === undefined) return cause._tag
  return cause.cause._tag === "TransportError" ? cause.cause.reason._tag : cause.cause._tag
}
