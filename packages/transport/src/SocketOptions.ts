/** Options of a TCP socket: those that Node can set. */
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import { defaultsOf, Time, withDefault } from "./OptionSchema.ts"

/**
 * Node counts it in whole seconds, and takes 0 for the system's default, which is mostly two hours. Linux uses that default too
 * if the time is longer than it can count (MAX_TCP_KEEPIDLE).
 */
const InitialDelay = Time.check(
  Schema.makeFilter((delay: Duration.Duration) => Duration.toMillis(delay) >= 1000 || "must be 1 second or longer"),
  Schema.makeFilter(
    (delay: Duration.Duration) => Duration.toMillis(delay) < 32_768_000 || "must be 32,767 seconds or shorter"
  )
)

const schema = Schema.Struct({
  /** Sends small segments at once (TCP_NODELAY). Default true: a message should not wait for the peer's acknowledgement. */
  noDelay: Schema.Boolean.pipe(withDefault(true)),
  /** The silence after which TCP itself probes the peer (SO_KEEPALIVE), 1 to 32,767 s. Default 30 s. False: never. */
  keepAlive: Schema.Union([InitialDelay, Schema.Literal(false)]).pipe(withDefault(Duration.seconds(30)))
})

/** By this name declarations refer to it; written out, it would lose what is said about each option. */
export interface SocketSchema extends Schema.Struct<typeof schema.fields> {}

/** Options of a TCP socket. */
export const SocketOptions: SocketSchema = schema

/** Make one with `SocketOptions.make({ ... })`. */
export type SocketOptions = typeof SocketOptions.Type

export const defaults: () => SocketOptions = defaultsOf(SocketOptions)
