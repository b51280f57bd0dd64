/** Options for the log of a connection. */
import { OptionSchema } from "@effect-websocket/transport"
import * as Schema from "effect/Schema"

const { withDefault } = OptionSchema

const schema = Schema.Struct({
  /** The log level. Default "Info". */
  level: Schema.Literals(["Fatal", "Error", "Warn", "Info", "Debug", "Trace"]).pipe(withDefault("Info")),
  /** How many bytes of each payload, and of a refusal's body, are shown, at most 200. Default 0, since they may be secret. */
  payloadBytes: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 200 })).pipe(withDefault(0))
})

/** By this name declarations refer to it; written out, it would lose what is said about each option. */
export interface TraceSchema extends Schema.Struct<typeof schema.fields> {}

/** What the log of a connection shows. */
export const TraceOptions: TraceSchema = schema

export type TraceOptions = typeof TraceOptions.Type
