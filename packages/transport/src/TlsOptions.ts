/**
 * What a program may say about TLS, as data: it decodes from `Config` or JSON, and every field has a default. What
 * follows from it in Node's terms is decided in `Tls.ts`.
 *
 * TLS 1.2 or newer, always.
 */
import * as Schema from "effect/Schema"
import { withDefault } from "./OptionSchema.ts"

/** PEM text, or the path of a file that holds it. The file is read at each dial, so a renewed one is picked up. */
export const Pem = Schema.Union([Schema.String, Schema.Struct({ path: Schema.String })])
export type Pem = typeof Pem.Type

/** A private key: its text is secret, the path of its file is not. */
export const SecretPem = Schema.Union([Schema.RedactedFromValue(Schema.String), Schema.Struct({ path: Schema.String })])
export type SecretPem = typeof SecretPem.Type

export const TlsOptions = Schema.Struct({
  /** The authorities to trust, in place of the platform's own. Default: those that Node ships. */
  ca: Schema.optionalKey(Schema.Union([Pem, Schema.Array(Pem)])),
  /** The client certificate and its chain, leaf first. Default: none. Needs `key`, unless it holds the key too. */
  cert: Schema.optionalKey(Pem),
  /** The private key of `cert`. Default: none. */
  key: Schema.optionalKey(SecretPem),
  /** Opens an encrypted `key`. Default: none. */
  passphrase: Schema.optionalKey(Schema.RedactedFromValue(Schema.String)),
  /**
   * "full" (default): the server's chain must lead to a trusted authority, and its certificate be for the server name.
   * "chain": for any name. "none": nothing is verified.
   */
  verify: Schema.Literals(["full", "chain", "none"]).pipe(withDefault("full")),
  /** The name to ask for (SNI, RFC 6066 §3) and to verify. Default: the host that is dialled. An IP literal is verified, never sent. */
  serverName: Schema.optionalKey(Schema.String)
})

/** Make one with `TlsOptions.make({ ... })`; `TlsOptions.make({})` is the default: verify against Node's authorities. */
export type TlsOptions = typeof TlsOptions.Type
