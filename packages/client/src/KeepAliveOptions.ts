/**
 * Keep-alive options: when pings go out and when a peer counts as dead. What counts as a sign of life is decided in
 * `internal/KeepAlive`.
 */
import { OptionSchema } from "@effect-websocket/transport"
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"

const { Count, Time, withDefault } = OptionSchema

const schema = Schema.Struct({
  /** The time between two pings, and before the first. Default 20 s. */
  interval: Time.pipe(withDefault(Duration.seconds(20))),
  /** A ping is missed if nothing arrives for this long after it. Default 20 s. */
  timeout: Time.pipe(withDefault(Duration.seconds(20))),
  /** How many pings missed in a row end the connection with PongTimeout. Default 1. */
  missed: Count.pipe(withDefault(1)),
  /** Sends no ping if something was received during the interval. Default false. */
  onlyWhenIdle: Schema.Boolean.pipe(withDefault(false)),
  /**
   * Each ping is sent early by a random amount, up to this share (0 to 1) of the interval. Default 0, or 0.1 for a long-lived
   * client, since the clients of a server that restarts reconnect together, and should not ping together too.
   */
  jitter: Schema.optionalKey(Schema.Number.check(Schema.isBetween({ minimum: 0, maximum: 1 })))
})

/** By this name declarations refer to it; written out, it would lose what is said about each option. */
export interface KeepAliveSchema extends Schema.Struct<typeof schema.fields> {}

/** Protocol pings that notice a dead peer (RFC 6455 §5.5.2). Any combination of interval and timeout is valid. */
export const KeepAliveOptions: KeepAliveSchema = schema

/** Checked, with every default filled in but that of `jitter`, which a client and a connection do not share. */
export type KeepAlive = typeof KeepAliveOptions.Type
