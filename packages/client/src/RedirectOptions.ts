/** What a program may say about redirects, as data. */
import { OptionSchema } from "@effect-websocket/transport"
import * as Schema from "effect/Schema"
import * as Url from "./internal/Url.ts"

const { Count, withDefault } = OptionSchema

const Origin = Schema.String.check(
  Schema.makeFilter(
    (text: string) => Url.parseOrigin(text) !== undefined || "must be an origin, as in wss://example.com"
  )
)

const schema = Schema.Struct({
  /** How many are followed in a row. */
  limit: Count,
  /**
   * Where headers, origin and the client certificate may go besides the URL's own scheme, host and port: such as
   * `wss://node.example.com`. Default: nowhere.
   */
  trustedOrigins: Schema.Array(Origin).pipe(withDefault([])),
  /** Whether those, and the URL's own, are all that is followed to. Default false. */
  onlyTrusted: Schema.Boolean.pipe(withDefault(false)),
  /** Names of headers that are no secret and go everywhere. Default: none. */
  keepHeaders: Schema.Array(Schema.String).pipe(withDefault([]))
})

/** By this name declarations refer to it; written out, it would lose what is said about each option. */
export interface RedirectSchema extends Schema.Struct<typeof schema.fields> {}

/** Which redirects are followed, and what goes with them. */
export const RedirectOptions: RedirectSchema = schema

export type RedirectOptions = typeof RedirectOptions.Type
