/** Redirect options. */
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
  /** How many redirects are followed in a row. */
  limit: Count,
  /**
   * Origins, such as `wss://node.example.com`, that get headers, origin and the client certificate, besides the URL's own.
   * Default: none.
   */
  trustedOrigins: Schema.Array(Origin).pipe(withDefault([])),
  /** Whether to follow redirects only to those origins and the URL's own. Default false. */
  onlyTrusted: Schema.Boolean.pipe(withDefault(false)),
  /** Names of headers that are not secret and go to every origin. Default: none. */
  keepHeaders: Schema.Array(Schema.String).pipe(withDefault([]))
})

/** By this name declarations refer to it; written out, it would lose what is said about each option. */
export interface RedirectSchema extends Schema.Struct<typeof schema.fields> {}

/** Which redirects are followed, and what goes with them. */
export const RedirectOptions: RedirectSchema = schema

export type RedirectOptions = typeof RedirectOptions.Type
