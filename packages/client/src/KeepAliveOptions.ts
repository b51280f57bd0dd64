/**
 * Keep-alive as data: when pings go out and when a peer counts as dead. What a sign of life is, `internal/KeepAlive`
 * knows.
 */
import { OptionSchema } from "@effect-websocket/transport"
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"

const { Count, Time, withDefault } = OptionSchema

const schema = Schema.Struct({
  /** Between two pings, and before the first. Default 20 s. */
  interval: Time.pipe(withDefault(Duration.seconds(20))),
  /** Silence after a ping that makes it a missed one. Default 20 s. */
  timeout: Time.pipe(withDefault(Duration.seconds(20))),
  /** So many missed in a row end the connection with PongTimeout. Default 1. */
  missed: Count.pipe(withDefault(1)),
  /** Sends no ping after an interval in which something was received. Default false. */
  onlyWhenIdle: Schema.Boolean.pipe(withDefault(false)),
  /**
   * Each ping goes out earlier by a random part of this share of the interval, 0 to 1. Default 0; of a long-lived client 0.1,
   * since many clients of one server that restarts connect again together, and should not ping together as well.
   */
  jitter: Schema.optionalKey(Schema.Number.check(Schema.isBetween({ minimum: 0, maximum: 1 })))
})

/** By this name declarations refer to it; written out, it would lose what is said about each option. */
export interface KeepAliveSchema extends Schema.Struct<typeof schema.fields> {}

/** Protocol pings that notice a dead peer (RFC 6455 §5.5.2). Any combination of interval and timeout is valid. */
export const KeepAliveOptions: KeepAliveSchema = schema

/** Checked, with every default filled in but that of `jitter`, which a client and a connection do not share. */
export type KeepAlive = typeof KeepAliveOptions.Type
