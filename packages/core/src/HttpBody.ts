/**
 * The body of a response that refused the opening handshake (RFC 9112 §6, §7.1): whatever of it a person may want to
 * read, kept up to a bound.
 *
 * It never fails: where the framing is malformed, the body ends. At most twice the bound is read, since the framing of
 * chunks may take no more room than the data; trailers are not read at all, for the connection is not used again.
 */
import * as HttpHead from "./HttpHead.ts"
import { type NeedMore, needMore } from "./NeedMore.ts"
import { PayloadBuffer } from "./PayloadBuffer.ts"

export interface Body {
  readonly _tag: "Body"
  readonly bytes: Uint8Array
  /** There was more than was kept. A body that only the end of the stream ends cannot tell a cut from its end. */
  readonly truncated: boolean
}

export interface Options {
  readonly status: number
  readonly headers: HttpHead.Headers
  /** Bytes that are kept. Default 65,536: as much of an error page as anyone reads. */
  readonly maxBytes?: number | undefined
}

export const defaultMaxBytes = 65_536

/** Push first what came behind the head, even when that is nothing: the body may be empty. */
export const make = (options: Options): Reader => new Reader(options)

/** Reads one body. After any other answer than NeedMore it has done its work. */
export class Reader {
  private readonly maxBytes: number
  private readonly kept = new PayloadBuffer()
  /** Data bytes that come next: of the body, or of the current chunk. */
  private remaining: number
  /** What follows when they are in: a line of chunked framing, or the end. */
  private next: "Line" | "End" | "Malformed"

  /** The line that is being read, and how many bytes of lines there were. */
  private line = ""
  private lineBytes = 0
  /** The line ends a chunk's data; otherwise it says the size of the next. */
  private inChunk = false

  constructor({ headers, maxBytes = defaultMaxBytes, status }: Options) {
    const framing = framingOf(status, headers)
    this.maxBytes = maxBytes
    this.remaining = typeof framing === "number" ? framing : 0
    this.next = typeof framing === "number" ? "End" : framing
  }

  /** Answers the body when it is complete, malformed or longer than the bound. */
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

  /** The byte stream ended, or nobody waits any longer. */
  end(): Body {
    return this.body(this.remaining !== untilEnd)
  }

  private body(truncated: boolean): Body {
    return { _tag: "Body", bytes: this.kept.take(), truncated }
  }

  /** Takes data as far as there is some and room for it; answers how many bytes. */
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

/** How long the body is (RFC 9112 §6.3): so many bytes, or so much as its chunks say. */
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

// A chunk's size may be followed by extensions (RFC 9112 §7.1.1), which mean nothing here.
const chunkSize = /^([\dA-Fa-f]+)[\t ]*(?:;.*)?\r$/
const chunkEnd = /^\r$/
const lf = 0x0a
