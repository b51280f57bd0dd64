/**
 * The boundary between the operating system and everything above it: bytes in, bytes out, one failure channel. TCP connections,
 * TLS sessions over them and the in-memory pair of `./testing` are byte streams, and a program can supply its own.
 *
 * A byte stream lives in the scope that opened it. Closing that scope destroys it at once, with all unsent and unread bytes;
 * this waits for nothing and never throws.
 */
import type { NonEmptyReadonlyArray } from "effect/Array"
import type { Effect } from "effect/Effect"
import type { Pull } from "effect/Pull"
import type { TransportError } from "./TransportError.ts"

export interface ByteStream {
  /**
   * All chunks that have arrived, in order: at least one, and none is empty. Waits for the first.
   *
   * - One reader: a second pull while one is pending is a mistake of the caller.
   * - The fiber resumes inside the event that brought the bytes. An interrupted pull loses none.
   * - While nobody pulls, nothing is read beyond the 128 KiB that the stream buffers.
   * - Chunks belong to the caller, who may `release` them. They may be Node Buffers, and a small one may be a view of memory
   *   that it shares with other chunks, even of other streams: copy what you keep for long, and never transfer it.
   * - Ends with `Cause.Done` at the peer's clean end of stream, which leaves the write side open. Fails with the
   *   `TransportError` once every byte before it was delivered. After either, every further pull does the same.
   */
  readonly pull: Pull<NonEmptyReadonlyArray<Uint8Array>, TransportError>

  /**
   * The same as `pull`, for a reader without a fiber: the sink gets everything that arrives, inside the event that brought it,
   * until it wants no more; nobody may pull until then. What is already there comes inside this call. Closing the scope reaches
   * the sink as a failure, and nobody waits for `shutdown` any more. Absent if a fiber has to pull.
   */
  readonly flow?: (sink: ByteSink) => void

  /**
   * Gives back a chunk that nobody will look at again: the stream may read into its memory. Optional, but fresh memory for each
   * read costs more than the read. Absent if it would change nothing.
   */
  readonly release?: (chunk: Uint8Array) => void

  /**
   * Takes the chunks now, in order, as one write. The bytes must not change until `flushed`, or until `unflushedBytes` is 0
   * after a write that returned true. Then they belong to the caller again, who may reuse the memory, even for another stream.
   *
   * False means: await `drained` before the next write (more than the high-water mark, 64 KiB, is waiting). The bytes were
   * still taken.
   *
   * Never throws. On a stream that has failed or was shut down, or whose scope was closed, it takes nothing and returns false;
   * `drained` then says why.
   */
  readonly writeUnsafe: (chunks: NonEmptyReadonlyArray<Uint8Array>) => boolean

  /** Succeeds once `writeUnsafe` may be called again, at once if it already may. Any number of fibers may wait. */
  readonly drained: Effect<void, TransportError>

  /** Succeeds once all bytes taken before this effect started were handed to the kernel. Any number may wait. */
  readonly flushed: Effect<void, TransportError>

  /**
   * How many bytes are taken and not yet handed to the kernel. It falls while a single large write makes progress, so a stalled
   * peer can be told from a slow one. Over TLS it counts encrypted bytes. 0 on a stream that has failed or was closed.
   */
  readonly unflushedBytes: () => number

  /**
   * Ends the write side once all bytes taken before are flushed (TCP: FIN; TLS: close_notify, then FIN), and succeeds when that
   * was handed to the kernel. The read side stays open until the peer ends its write side. Starting is enough: interrupting the
   * wait does not undo it. Repeating it is harmless.
   */
  readonly shutdown: Effect<void, TransportError>

  /**
   * Starts what `shutdown` waits for, outside of any fiber. Never throws, and repeating it is harmless. Absent if that takes a
   * fiber.
   */
  readonly shutdownUnsafe?: () => void

  /**
   * Facts about the connection, which do not change. A plain socket is asked for its addresses when this is first read. Once
   * either end has closed it, only the remote address that was dialled is still known.
   */
  readonly info: ConnectionInfo
}

/** Where the bytes of a stream flow to. Its methods must not throw. */
export interface ByteSink {
  /** At least one non-empty chunk, as from `pull`. Return false to get no more until `flow` is called again. */
  take(chunks: NonEmptyReadonlyArray<Uint8Array>): boolean
  /** No more will come: the peer ended its stream cleanly, or there was a failure. */
  ended(failure: TransportError | undefined): void
}

/**
 * The same stream with some members replaced. Spreading a stream does not work: its members may be inherited, and made only on
 * first use. A stream with another `pull` or `shutdown` does not flow, and one with another `shutdown` is not shut down outside
 * of fibers. A `writeUnsafe` that keeps chunks for later must copy them, or count them in `unflushedBytes`: otherwise other
 * connections write over them meanwhile.
 */
export const wrapStream = (stream: ByteStream, changes: Partial<ByteStream>): ByteStream => ({
  pull: stream.pull,
  ...(stream.flow && !changes.pull && !changes.shutdown && { flow: (sink: ByteSink) => stream.flow!(sink) }),
  ...(stream.shutdownUnsafe && !changes.shutdown && { shutdownUnsafe: () => stream.shutdownUnsafe!() }),
  ...(stream.release && { release: (chunk: Uint8Array) => stream.release!(chunk) }),
  writeUnsafe: (chunks) => stream.writeUnsafe(chunks),
  drained: stream.drained,
  flushed: stream.flushed,
  unflushedBytes: () => stream.unflushedBytes(),
  shutdown: stream.shutdown,
  get info() {
    return stream.info
  },
  ...changes
})

/** The addresses of both ends, and how TLS secures the connection. */
export interface ConnectionInfo {
  readonly local: Address | undefined
  /** The peer of this machine: the nearest proxy, if there is one. */
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
   * Whether the certificate chain was verified. Always false with `verify: "none"`; for a program's own socket, what Node says.
   */
  readonly authorized: boolean
  /** The name for which this library verified the certificate. Undefined unless `verify` is "full". */
  readonly verifiedName: string | undefined
  /** Whether the session of an earlier connection was resumed. `peerCertificate` is then from that connection. */
  readonly resumed: boolean
  readonly peerCertificate: PeerCertificate | undefined
}

/** The peer's leaf certificate. Its texts come from the peer: escape them before showing them. */
export interface PeerCertificate {
  /** Distinguished names, one `KEY=value` per line. */
  readonly subject: string
  readonly issuer: string
  /** The names that it is for, such as `DNS:example.com, IP Address:192.0.2.1`. */
  readonly subjectAltName: string
  readonly validFrom: Date
  readonly validTo: Date
  /** SHA-256 of the certificate, as colon-separated upper-case hex. */
  readonly fingerprint256: string
  /**
   * SHA-256 of its public key, as `sha256/` and base64, which `pins` accepts. It stays the same if a renewed certificate keeps
   * the key.
   */
  readonly publicKeyPin: string
  /** The certificate, in DER. */
  readonly raw: Uint8Array
}
