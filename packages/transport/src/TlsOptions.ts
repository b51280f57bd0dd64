/**
 * What a program may say about TLS, as data: it decodes from `Config` or JSON, and what is left out has a default. What
 * follows from it in Node's terms is decided in `internal/Credentials.ts` (what the engine is given) and in `Tls.ts`
 * (what a handshake has to show). What is not data, a check of the program's own or a ready-made context, is in
 * `TlsService.ts`.
 *
 * The names are such that each option has an environment variable of its own: none is the beginning of another.
 */
import * as Schema from "effect/Schema"
import * as HostName from "./internal/HostName.ts"
import { withDefault } from "./OptionSchema.ts"

const Path = Schema.Struct({ path: Schema.String })

/** PEM text, or the path of a file that holds it. The file is read at each dial, so a renewed one is picked up. */
export const Pem = Schema.Union([Schema.String, Path])
export type Pem = typeof Pem.Type

const Secret = Schema.Union([Schema.RedactedFromValue(Schema.String), Schema.Redacted(Schema.String)])

/** A private key: its text is secret, the path of its file is not. */
export const SecretPem = Schema.Union([...Secret.members, Path])
export type SecretPem = typeof SecretPem.Type

/** Bytes as they are or in base64, or the path of a file of them. */
const SecretBytes = Schema.Union([
  Schema.RedactedFromValue(Schema.Uint8Array),
  Schema.RedactedFromValue(Schema.Uint8ArrayFromBase64),
  Schema.Redacted(Schema.Uint8Array),
  Path
])

const oneOrMore = <S extends Schema.Constraint>(item: S) => Schema.Union([item, Schema.NonEmptyArray(item)])

const Host = Schema.String.check(
  Schema.makeFilter(
    (host: string) => HostName.parse(host) !== undefined || "must be the name of a host, or an IP literal"
  )
)

/** Authorities that are installed somewhere. */
const Roots = Schema.Literals(["default", "bundled", "system"])

const Version = Schema.Literals(["TLSv1.2", "TLSv1.3"])

const isPin = /^(?:(?:[0-9a-f]{2}:?){31}[0-9a-f]{2}|sha256\/\/?[a-z0-9+/]{43}=)$/i

/** The SHA-256 of a certificate in hex, with or without colons, or of its public key as `sha256/` and base64. */
const Pin = Schema.String.check(
  Schema.makeFilter((pin: string) => isPin.test(pin) || "must be a SHA-256: 64 hex digits, or sha256/ and base64")
)

const isOtherHttp = /^h(?:2|2c|3)(?:-\d+)?$/

/** The name of an application protocol (RFC 7301 §3.1). */
const Protocol = Schema.String.check(
  Schema.makeFilter((name: string) => (name !== "" && Buffer.byteLength(name) < 256) || "must be 1 to 255 bytes long"),
  Schema.makeFilter((name: string) => !isOtherHttp.test(name) || "a WebSocket opens over HTTP/1.1: use http/1.1")
)

/** Half of what all extensions of a hello may hold together (RFC 8446 §4.1.2): the others need some hundred bytes. */
const maxProtocolBytes = 0x8000

const byteLength = (names: ReadonlyArray<string>) => names.reduce((sum, name) => sum + 1 + Buffer.byteLength(name), 0)

const Protocols = Schema.Array(Protocol).check(
  Schema.makeFilter(
    (names: ReadonlyArray<string>) =>
      byteLength(names) <= maxProtocolBytes || `must be ${maxProtocolBytes} bytes long at most, with one for each name`
  )
)

const schema = Schema.Struct({
  /** Authorities to trust: PEM, or files or directories of it. Default: none but `roots`. */
  ca: Schema.optionalKey(Schema.Union([Pem, Schema.Array(Pem)])),
  /**
   * Installed authorities to trust, beside `ca`. "default": as Node is set up, which is those it ships and what the
   * process's operator added with `NODE_EXTRA_CA_CERTS`. "bundled": those that Node ships, alone. "system": the
   * operating system's. Default: "default" without `ca`, none with it.
   */
  roots: Schema.optionalKey(oneOrMore(Roots)),
  /** Revocation lists, as `ca`. With one, every certificate of a chain but its root needs its issuer's. Default: none. */
  crl: Schema.optionalKey(Schema.Union([Pem, Schema.Array(Pem)])),
  /** The client certificate and its chain, leaf first. Default: none. Needs `key`, unless it holds the key too. */
  cert: Schema.optionalKey(Pem),
  /** The private key of `cert`. Default: none. */
  key: Schema.optionalKey(SecretPem),
  /** In place of `cert` and `key`, both in PKCS #12. An authority in it is trusted as if it were in `ca`. Default: none. */
  pfx: Schema.optionalKey(SecretBytes),
  /** Opens an encrypted `key` or `pfx`. Default: none. */
  passphrase: Schema.optionalKey(Secret),
  /**
   * "full" (default): the server's chain must lead to a trusted authority, and its certificate be for the server name.
   * "chain": for any name. "none": neither is verified.
   */
  verify: Schema.Literals(["full", "chain", "none"]).pipe(withDefault("full")),
  /**
   * The name to ask for (SNI, RFC 6066 §3) and to verify. Default: the host that is dialled. An IP literal is verified, never
   * sent.
   */
  serverName: Schema.optionalKey(Host),
  /** The name to verify, where it is not the one to ask for. Default: `serverName`. */
  identity: Schema.optionalKey(Host),
  /** The server's own certificate or key must be one of these, on top of what `verify` asks for. Default: any. */
  pins: Schema.optionalKey(oneOrMore(Pin)),
  /** The oldest version to speak. Default "TLSv1.2". */
  minVersion: Schema.optionalKey(Version),
  /** The newest version to speak. Default "TLSv1.3". */
  maxVersion: Schema.optionalKey(Version),
  /** OpenSSL's names, separated by colons; without one of TLS 1.3 (or of 1.2) the default ones of it stay. Default: Node's. */
  ciphers: Schema.optionalKey(Schema.NonEmptyString),
  /** Groups of the key exchange (curves), by preference, separated by colons. Default: OpenSSL's. */
  groups: Schema.optionalKey(Schema.NonEmptyString),
  /** Signature algorithms to accept, by preference, separated by colons. Default: OpenSSL's. */
  signatureAlgorithms: Schema.optionalKey(Schema.NonEmptyString),
  /** Application protocols to offer (ALPN, RFC 7301). Default "http/1.1"; an empty list offers nothing. */
  alpn: Schema.Union([Protocol, Protocols]).pipe(withDefault("http/1.1")),
  /** Whether a later connection to the same server may resume the session of an earlier one. Default true. */
  resumption: Schema.Boolean.pipe(withDefault(true)),
  /** Appends the secrets of each connection to this file, for Wireshark; whoever reads it reads the traffic. Default: none. */
  keylog: Schema.optionalKey(Path)
})

/** By this name declarations refer to it; written out, it would lose what is said about each option. */
export interface TlsSchema extends Schema.Struct<typeof schema.fields> {}

/** Whom to trust, who we are, and what is spoken. */
export const TlsOptions: TlsSchema = schema

/** Make one with `TlsOptions.make({ ... })`; `TlsOptions.make({})` is the default: verify against Node's authorities. */
export type TlsOptions = typeof TlsOptions.Type
