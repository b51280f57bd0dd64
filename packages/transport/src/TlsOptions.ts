/**
 * TLS options that are data: they decode from `Config` or JSON, and each has a default. `internal/Credentials.ts` turns them
 * into what Node's engine is given, and `Tls.ts` decides what a handshake has to show. What is not data, a check of the
 * program's own or a ready-made context, is in `TlsService.ts`.
 *
 * No option name is the beginning of another, so each option can have its own environment variable.
 */
import * as Schema from "effect/Schema"
import * as HostName from "./internal/HostName.ts"
import { RedactedText, withDefault } from "./OptionSchema.ts"

const Path = Schema.Struct({ path: Schema.String })

/** PEM text, or the path of a file that holds it. The file is read at each dial, so a renewed one is picked up. */
export const Pem = Schema.Union([Schema.String, Path])
export type Pem = typeof Pem.Type

const Secret = Schema.Union([Schema.RedactedFromValue(Schema.String), RedactedText])

/** A private key: its text is secret, the path of a file is not. */
export const SecretPem = Schema.Union([...Secret.members, Path])
export type SecretPem = typeof SecretPem.Type

/** Bytes, base64 text, or the path of a file. */
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
  /** Authorities to trust: PEM text, or paths of files or directories. Default: none but `roots`. */
  ca: Schema.optionalKey(Schema.Union([Pem, Schema.Array(Pem)])),
  /**
   * Installed authorities to trust, besides `ca`. "default": as Node is set up, that is those it ships and those added with
   * `NODE_EXTRA_CA_CERTS`. "bundled": only those that Node ships. "system": the operating system's. Default: "default" without
   * `ca`, none with it.
   */
  roots: Schema.optionalKey(oneOrMore(Roots)),
  /**
   * Revocation lists, given like `ca`. If there is one, every certificate of a chain except the root needs its issuer's.
   * Default: none.
   */
  crl: Schema.optionalKey(Schema.Union([Pem, Schema.Array(Pem)])),
  /** The client certificate and its chain, leaf first. Default: none. Needs `key`, unless it holds the key too. */
  cert: Schema.optionalKey(Pem),
  /** The private key of `cert`. Default: none. */
  key: Schema.optionalKey(SecretPem),
  /**
   * Certificate and key in PKCS #12, instead of `cert` and `key`. An authority in it is trusted as if it were in `ca`. Default:
   * none.
   */
  pfx: Schema.optionalKey(SecretBytes),
  /** Decrypts an encrypted `key` or `pfx`. Default: none. */
  passphrase: Schema.optionalKey(Secret),
  /**
   * "full" (default): the server's chain must lead to a trusted authority, and its certificate must be for the server name.
   * "chain": the certificate may be for any name. "none": nothing is verified.
   */
  verify: Schema.Literals(["full", "chain", "none"]).pipe(withDefault("full")),
  /**
   * The name to request (SNI, RFC 6066 §3) and to verify. Default: the host that is dialled. An IP literal is verified, but
   * never sent.
   */
  serverName: Schema.optionalKey(Host),
  /** The name to verify, if it differs from the name to request. Default: `serverName`. */
  identity: Schema.optionalKey(Host),
  /** The server's own certificate or key must be one of these, in addition to what `verify` requires. Default: any. */
  pins: Schema.optionalKey(oneOrMore(Pin)),
  /** The oldest version to use. Default "TLSv1.2". */
  minVersion: Schema.optionalKey(Version),
  /** The newest version to use. Default "TLSv1.3". */
  maxVersion: Schema.optionalKey(Version),
  /**
   * Cipher suites by OpenSSL's names, separated by colons. If none is of TLS 1.3 (or of 1.2), that version keeps its defaults.
   * Default: Node's.
   */
  ciphers: Schema.optionalKey(Schema.NonEmptyString),
  /** Groups of the key exchange (curves), by preference, separated by colons. Default: OpenSSL's. */
  groups: Schema.optionalKey(Schema.NonEmptyString),
  /** Signature algorithms to accept, by preference, separated by colons. Default: OpenSSL's. */
  signatureAlgorithms: Schema.optionalKey(Schema.NonEmptyString),
  /** Application protocols to offer (ALPN, RFC 7301). Default "http/1.1"; an empty list offers nothing. */
  alpn: Schema.Union([Protocol, Protocols]).pipe(withDefault("http/1.1")),
  /** Whether a later connection to the same server may resume the session of an earlier one. Default true. */
  resumption: Schema.Boolean.pipe(withDefault(true)),
  /**
   * Appends the secrets of each connection to this file, for Wireshark: whoever can read it can read the traffic. Default:
   * none.
   */
  keylog: Schema.optionalKey(Path)
})

/** By this name declarations refer to it; written out, it would lose what is said about each option. */
export interface TlsSchema extends Schema.Struct<typeof schema.fields> {}

/** Whom to trust, the client certificate, and which versions and algorithms to use. */
export const TlsOptions: TlsSchema = schema

/** Make one with `TlsOptions.make({ ... })`; `TlsOptions.make({})` is the default: verify against Node's authorities. */
export type TlsOptions = typeof TlsOptions.Type
