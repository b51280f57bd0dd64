/**
 * The body of a response that refused the opening handshake (RFC 9112 §6, §7.1): the beginning of it, up to a limit, for people
 * to read.
 *
 * Reading never fails: the body ends where its framing is malformed. It reads at most twice the limit, since the framing of
 * chunks may be no longer than the data. It does not read trailers, since the connection is not used again.
 */
import * as HttpHead from "./HttpHead.ts"
import { type NeedMore, needMore } from "./NeedMore.ts"
import { PayloadBuffer } from "./PayloadBuffer.ts"

export interface Body {
  readonly _tag: "Body"
  readonly bytes: Uint8Array
  /**
   * Whether the body was longer than what was kept. If only the end of the stream ends a body, a cut-off cannot be told from
   * its end.
   */
  readonly truncated: boolean
}

export interface Options {
  readonly status: number
  readonly headers: HttpHead.Headers
  /** How many bytes are kept. Default 65,536: as much of an error page as anyone reads. */
  readonly maxBytes?: number | undefined
}

export const defaultMaxBytes = 65_536

/** First push what came after the head, even if it is empty: the body may be empty too. */
export const make = (options: Options): Reader => new Reader(options)

/** Reads one body. After any other answer than NeedMore it is finished. */
export class Reader {
  private readonly maxBytes: number
  private readonly kept = new PayloadBuffer()
  /** How many data bytes come next: of the body, or of the current chunk. */
  private remaining: number
  /** What comes after them: a line of chunked framing, or the end. */
  private next: "Line" | "End" | "Malformed"

  /** The line being read, and the number of bytes of all lines. */
  private line = ""
  private lineBytes = 0
  /** Whether the line ends a chunk's data; otherwise it has the size of the next chunk. */
  private inChunk = false

  constructor({ headers, maxBytes = defaultMaxBytes, status }: Options) {
    const framing = framingOf(status, headers)
    this.maxBytes = maxBytes
    this.remaining = typeof framing === "number" ? framing : 0
    this.next = typeof framing === "number" ? "End" : framing
  }

  /** Returns the body when it is complete, malformed or longer than the limit. */
  push(chunk: Uint8Array): NeedMore | Body {
    let at = 0
    for (;;) {
      at += this.keep(chunk, at)
      if (this.remaining > 0) return at < chunk.length ? this.body(true) : needMore
      if (this.next !== "Line") return this.body(this.next === "Malformed")
      if (at === chunk.length) return needMore
      this.readLine(chunk[at++]!)
    }
  }

  /** Call when the byte stream ended, or to stop waiting. */
  end(): Body {
    return this.body(this.remaining !== untilEnd)
  }

  private body(truncated: boolean): Body {
    return { _tag: "Body", bytes: this.kept.take(), truncated }
  }

  /** Takes data while there is some and room for it; returns how many bytes. */
  private keep(chunk: Uint8Array, at: number): number {
    const room = this.maxBytes - this.kept.length
    const length = Math.min(this.remaining, room, chunk.length - at)
    this.kept.append(chunk, at, at + length, room - length)
    this.remaining -= length
    return length
  }

  private readLine(byte: number): void {
    this.lineBytes += 1
    if (this.lineBytes > this.maxBytes) this.next = "Malformed"
    else if (byte === lf) this.endLine()
    else this.line += String.fromCharCode(byte)
  }

  private endLine(): void {
    const { inChunk, line } = this
    this.line = ""
    this.inChunk = !inChunk
    const size = (inChunk ? chunkEnd : chunkSize).exec(line)
    if (size === null) this.next = "Malformed"
    else if (!inChunk) {
      this.remaining = length(size[1]!, 16)
      if (this.remaining === 0) this.next = "End"
    }
  }
}

/** How long the body is (RFC 9112 §6.3): a number of bytes, or as its chunks say. */
const framingOf = (status: number, headers: HttpHead.Headers): number | "Line" | "Malformed" => {
  if (status === 204 || status === 304) return 0
  const coding = HttpHead.list(headers, "transfer-encoding").at(-1)
  if (coding !== undefined) return coding.toLowerCase() === "chunked" ? "Line" : untilEnd
  const [announced, ...others] = new Set(HttpHead.list(headers, "content-length"))
  if (announced === undefined) return untilEnd
  return others.length === 0 && /^\d+$/.test(announced) ? length(announced, 10) : "Malformed"
}

const length = (text: string, radix: number): number => Math.min(Number.parseInt(text, radix), Number.MAX_SAFE_INTEGER)

const untilEnd = Number.POSITIVE_INFINITY

// A chunk's size may be followed by extensions (RFC 9112 §7.1.1), which are ignored.
const chunkSize = /^([\dA-Fa-f]+)[\t ]*(?:;.*)?\r$/
const chunkEnd = /^\r$/
const lf = 0x0a
