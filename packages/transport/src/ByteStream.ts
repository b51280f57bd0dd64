/**
 * The seam between the operating system and everything above it: bytes in, bytes out, one failure channel. A TCP
 * connection is one, a TLS session over it is one, the in-memory pair of `./testing` is one, and so is whatever an
 * Effect program puts in their place.
 *
 * A byte stream lives in the scope that opened it. Closing that scope destroys it at once, with unsent and unread
 * bytes; it waits for nothing and never throws.
 */
import type { NonEmptyReadonlyArray } from "effect/Array"
import type { Effect } from "effect/Effect"
import type { Pull } from "effect/Pull"
import type { TransportError } from "./TransportError.ts"

export interface ByteStream {
  /**
   * At least one non-empty chunk, as soon as there is one; all that has arrived, in order.
   *
   * - One reader: a second pull while one is pending is a mistake of the caller.
   * - The fiber resumes inside the event that brought the bytes. An interrupted pull loses none.
   * - Nothing is read while nobody pulls, beyond the 128 KiB that the stream buffers.
   * - Chunks belong to the caller, who may `release` them. They may be Node Buffers, and a small one may be a view of
   *   memory that other chunks lie in, also those of other streams: copy what is kept for long, and never transfer it.
   * - Ends with `Cause.Done` at the peer's clean end of stream, which leaves the write side open. Fails with the
   *   `TransportError` once every byte before it was delivered; after either, every further pull answers the same.
   */
  readonly pull: Pull<NonEmptyReadonlyArray<Uint8Array>, TransportError>

  /**
   * What `pull` answers, for a reader that needs no fiber for it: the sink gets all that comes, inside the event that
   * brought it and the first of it inside this call, until it wants no more. Until then nobody pulls. When the scope
   * closes, the sink learns of that as of a failure, and nobody waits for `shutdown` any more. Absent where a fiber has
   * to pull.
   */
  readonly flow?: (sink: ByteSink) => void

  /**
   * Gives a chunk back that will not be looked at again: the stream may read into its memory. Never needed, but fresh
   * memory for each read costs more than the read. Absent where it would change nothing.
   */
  readonly release?: (chunk: Uint8Array) => void

  /**
   * Takes the chunks now, in order, as one write. The bytes must not change until `flushed`, or until `unflushedBytes` is 0
   * after a write that answered true: then they belong to the caller again, who may write those of another stream there.
   *
   * False means: await `drained` before the next (more than the high-water mark, 64 KiB, is waiting). The bytes were
   * taken all the same.
   *
   * Never throws. On a stream that has failed, was shut down or whose scope was closed, it takes nothing and answers
   * false; `drained` then says why.
   */
  readonly writeUnsafe: (chunks: NonEmptyReadonlyArray<Uint8Array>) => boolean

  /** Succeeds once `writeUnsafe` may be called again; at once when it may. Any number of fibers may wait. */
  readonly drained: Effect<void, TransportError>

  /** Succeeds once all bytes taken before this effect started were handed to the kernel. Any number may wait. */
  readonly flushed: Effect<void, TransportError>

  /**
   * How many bytes were taken and not yet handed to the kernel, now. It falls while a single large write makes
   * progress, so a stalled peer can be told from a slow one. Over TLS it counts encrypted bytes. 0 on a stream that
   * has failed or was closed.
   */
  readonly unflushedBytes: () => number

  /**
   * Ends the write side once what was taken before is flushed (TCP: FIN; TLS: close_notify, then FIN), and succeeds
   * when that was handed to the kernel. The read side stays open until the peer ends its own. Starting it is enough:
   * interrupting the wait does not take it back. Repeating it is harmless.
   */
  readonly shutdown: Effect<void, TransportError>

  /** Facts about the connection, fixed when it was opened. */
  readonly info: ConnectionInfo
}

/** Where the bytes of a stream flow to. Neither throws. */
export interface ByteSink {
  /** At least one non-empty chunk, as `pull` answers it. False: no more, until the stream is asked again to flow. */
  take(chunks: NonEmptyReadonlyArray<Uint8Array>): boolean
  /** No more will come: at the peer's clean end of stream, or because of a failure. */
  ended(failure: TransportError | undefined): void
}

/**
 * The same stream, but for some members. Spreading a stream does not do: its members may be inherited, and made only when
 * they are asked for. One that is pulled or shut down in another way does not flow. A `writeUnsafe` that keeps chunks for
 * later copies them, or counts them in `unflushedBytes`: else other connections write there meanwhile.
 */
export const wrapStream = (stream: ByteStream, changes: Partial<ByteStream>): ByteStream => ({
  pull: stream.pull,
  ...(stream.flow && !changes.pull && !changes.shutdown && { flow: (sink: ByteSink) => stream.flow!(sink) }),
  ...(stream.release && { release: (chunk: Uint8Array) => stream.release!(chunk) }),
  writeUnsafe: (chunks) => stream.writeUnsafe(chunks),
  drained: stream.drained,
  flushed: stream.flushed,
  unflushedBytes: () => stream.unflushedBytes(),
  shutdown: stream.shutdown,
  info: stream.info,
  ...changes
})

/** The addresses of both ends, and how TLS secures the connection. */
export interface ConnectionInfo {
  readonly local: Address | undefined
  /** What this machine is connected to: the nearest proxy, if there is one. */
  readonly remote: Address | undefined
  /** Undefined for plain TCP. */
  readonly tls: TlsInfo | undefined
}

export interface Address {
  /** An IP literal, IPv6 without brackets. */
  readonly address: string
  readonly port: number
}

export interface TlsInfo {
  /** As OpenSSL names it, such as `TLSv1.3`. */
  readonly version: string
  /** As the IANA names it, such as `TLS_AES_256_GCM_SHA384`. */
  readonly cipher: string
  /** The application protocol that was agreed on (RFC 7301); undefined if none was. */
  readonly alpn: string | undefined
  /**
   * Whether the certificate chain was verified. With `verify: "none"` it is false in any case; for a socket of the program's
   * own it is what Node says.
   */
  readonly authorized: boolean
  /** The name for which this library verified the certificate. Undefined unless `verify` is "full". */
  readonly verifiedName: string | undefined
  /** Whether the session of an earlier connection was resumed; `peerCertificate` is then from that connection. */
  readonly resumed: boolean
  readonly peerCertificate: PeerCertificate | undefined
}

/** The peer's leaf certificate. Its texts come from the peer: escape them before showing them. */
export interface PeerCertificate {
  /** Distinguished names, one `KEY=value` per line. */
  readonly subject: string
  readonly issuer: string
  /** The names it is for, such as `DNS:example.com, IP Address:192.0.2.1`. */
  readonly subjectAltName: string
  readonly validFrom: Date
  readonly validTo: Date
  /** SHA-256 of the certificate, as colon-separated upper-case hex. */
  readonly fingerprint256: string
  /**
   * SHA-256 of its public key, as `sha256/` and base64, as `pins` takes it. It stays the same if a renewed certificate keeps
   * the key.
   */
  readonly publicKeyPin: string
  /** The certificate, in DER. */
  readonly raw: Uint8Array
}
