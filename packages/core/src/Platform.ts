/**
 * What the protocol needs from a platform, all of it synchronous: a hash, UTF-8, masking and DEFLATE. Only deflaters and
 * inflaters have state, so a platform may replace any function with a faster one that does the same. `pure` holds the functions
 * of this package.
 */
import * as Compression from "./Compression.ts"
import * as Inflate from "./Inflate.ts"
import * as Masking from "./Masking.ts"
import { sha1 } from "./Sha1.ts"
import * as Utf8 from "./Utf8.ts"

export interface Platform {
  /** SHA-1 of the opening handshake (RFC 6455 §4.2.2); it guards nothing secret. */
  readonly sha1: (bytes: Uint8Array) => Uint8Array
  /** The same for ASCII text, in base64, if the platform has it in one call. */
  readonly sha1Base64?: (text: string) => string
  /** The base64 of bytes. Default: `Base64.encode`. */
  readonly encodeBase64?: (bytes: Uint8Array) => string
  /** The bytes of latin-1 text. Default: `Latin1.encode`. */
  readonly encodeLatin1?: (text: string) => Uint8Array
  /** The latin-1 text of `bytes` from `start` to `end`. Default: `Latin1.decode`. */
  readonly decodeLatin1?: (bytes: Uint8Array, start: number, end: number) => string
  /** The text of `bytes` from `start` to `end`, or undefined when they are not UTF-8. U+FEFF is kept. */
  readonly decodeUtf8: (bytes: Uint8Array, start: number, end: number) => string | undefined
  /** Whether many short texts are decoded faster at once than one by one; if so, they are (`MessageRun`). Default: no. */
  readonly decodesRuns?: boolean
  /** `Utf8.validate`: the state after these bytes, `Utf8.reject` at the first that cannot continue. */
  readonly validateUtf8: (state: Utf8.State, bytes: Uint8Array, start: number, end: number) => Utf8.State
  /** How many bytes `encodeUtf8` writes. */
  readonly utf8Length: (text: string) => number
  /** Writes `text` into `target` from `offset` on, where there is room. Returns how many bytes it took. */
  readonly encodeUtf8: (text: string, target: Uint8Array, offset: number) => number
  /** Masks or unmasks in place (see `Masking`). */
  readonly mask: (key: number, bytes: Uint8Array, start: number, end: number) => void
  /** An array whose bytes may be anything: all of them are written before anyone reads one. */
  readonly allocate: (length: number) => Uint8Array
  /**
   * For permessage-deflate: one for each direction of a connection. What takes memory should be made with the first message.
   */
  readonly deflater: (options: Compression.DeflaterOptions) => Compression.Deflater
  readonly inflater: (options: Compression.InflaterOptions) => Compression.Inflater
  /** The largest message that the platform can hold as one value, in bytes. It limits even an unlimited endpoint. */
  readonly maxMessageBytes: number
}

export const pure: Platform = Object.freeze({
  sha1,
  decodeUtf8: Utf8.decode,
  validateUtf8: Utf8.validate,
  utf8Length: Utf8.byteLength,
  encodeUtf8: Utf8.encode,
  mask: Masking.mask,
  allocate: (length: number) => new Uint8Array(length),
  deflater: Compression.storing,
  inflater: Inflate.inflater,
  maxMessageBytes: 0x1fffffe8 // V8's longest string
})
