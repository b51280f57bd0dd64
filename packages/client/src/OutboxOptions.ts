/**
 * The outbox of a long-lived client, as data: what a send does while there is no connection, and how much may wait.
 */
import { OptionSchema } from "@effect-websocket/transport"
import * as Schema from "effect/Schema"

const { Count, Time, withDefault } = OptionSchema

const schema = Schema.Struct({
  /**
   * What a send does while there is no connection: `suspend` waits for one (default), `fail` fails with NotSent, `queue`
   * succeeds and leaves the message in the outbox.
   */
  whileDisconnected: Schema.Literals(["suspend", "fail", "queue"]).pipe(withDefault("suspend")),
  /** Messages that the outbox holds, durable ones that are leaving included. Default 1,024. */
  maxMessages: Count.pipe(withDefault(1024)),
  /** Their size, in bytes or UTF-16 units. Default 1 MiB; one message always fits. */
  maxBytes: Count.pipe(withDefault(0x100000)),
  /** How long a message may wait for its turn. Default: as long as it takes. */
  maxAge: Schema.optionalKey(Time),
  /**
   * What happens when the outbox is full: `suspend` lets senders wait, first come first served (default), `dropOldest` and
   * `dropNewest` drop a message and count it, `fail` fails with NotSent.
   */
  overflow: Schema.Literals(["suspend", "dropOldest", "dropNewest", "fail"]).pipe(withDefault("suspend")),
  /**
   * Whether a durable message that was leaving when its connection was lost is sent again, at the risk of arriving
   * twice. Default true; false gives it up as FateUnknown.
   */
  resend: Schema.Boolean.pipe(withDefault(true))
})

/** By this name declarations refer to it; written out, it would lose what is said about each option. */
export interface OutboxSchema extends Schema.Struct<typeof schema.fields> {}

/** What a send does while there is no connection, and how much may wait. */
export const OutboxOptions: OutboxSchema = schema
/** Checked, with every default filled in. */
export type OutboxOptions = typeof OutboxOptions.Type
