/**
 * Outbox options of a long-lived client: what `send` does while there is no connection, and how much may wait.
 */
import { OptionSchema } from "@effect-websocket/transport"
import * as Schema from "effect/Schema"

const { Count, Time, withDefault } = OptionSchema

const schema = Schema.Struct({
  /**
   * What `send` does while there is no connection: `suspend` waits for one (default), `fail` fails with NotSent, `queue`
   * succeeds and keeps the message in the outbox.
   */
  whileDisconnected: Schema.Literals(["suspend", "fail", "queue"]).pipe(withDefault("suspend")),
  /** How many messages the outbox may hold, including durable ones that are being written. Default 1,024. */
  maxMessages: Count.pipe(withDefault(1024)),
  /** The size of those messages, in bytes (UTF-16 units for text). Default 1 MiB; one message always fits. */
  maxBytes: Count.pipe(withDefault(0x100000)),
  /** How long a message may wait in the outbox. Default: no limit. */
  maxAge: Schema.optionalKey(Time),
  /**
   * What happens when the outbox is full: `suspend` makes senders wait, first come first served (default), `dropOldest` and
   * `dropNewest` drop a message and count it, `fail` fails with NotSent.
   */
  overflow: Schema.Literals(["suspend", "dropOldest", "dropNewest", "fail"]).pipe(withDefault("suspend")),
  /**
   * Whether a durable message that was being written when its connection was lost is sent again, and so may arrive twice.
   * Default true; false gives it up as FateUnknown.
   */
  resend: Schema.Boolean.pipe(withDefault(true))
})

/** By this name declarations refer to it; written out, it would lose what is said about each option. */
export interface OutboxSchema extends Schema.Struct<typeof schema.fields> {}

/** What `send` does while there is no connection, and how many messages may wait. */
export const OutboxOptions: OutboxSchema = schema
/** Checked, with every default filled in. */
export type OutboxOptions = typeof OutboxOptions.Type
