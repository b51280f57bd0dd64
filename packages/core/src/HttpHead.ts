/**
 * The head of an HTTP/1.1 message: a start line and headers (RFC 9112 §2, §5), read from chunks and written to bytes.
 *
 * This module knows how lines follow one another, in both directions, and how much of them a peer may send. `HttpSyntax` knows
 * the characters, `Latin1` the bytes, and `HttpHeaders` finds headers; all of it is exported from here. The opening handshake
 * knows what start lines and headers mean. Reading takes linear time, however the network cuts the lines. It uses native
 * functions, since a loop over bytes is slow for the first thousands of connections, and later costs more to optimise than it
 * saves.
 */
import type { Header, Headers } from "./HttpHeaders.ts"
import { fieldLine, isBlank, trim } from "./HttpSyntax.ts"
import { decode, encode } from "./Latin1.ts"
import { type NeedMore, needMore } from "./NeedMore.ts"

export { all, type Header, type Headers, hasToken, joined, list, one, repeated } from "./HttpHeaders.ts"
export { isFieldValue, isToken, trim } from "./HttpSyntax.ts"
export { decode, encode } from "./Latin1.ts"

export interface Head {
  readonly _tag: "Head"
  readonly startLine: string
  readonly headers: Headers
  /** What the last chunk held after the empty line: a view. */
  readonly leftover: Uint8Array
}

export interface InvalidHead {
  readonly _tag: "InvalidHead"
  readonly rule: Rule
  /** The line that broke the rule, as far as it came: at most 200 characters, unescaped. */
  readonly found: string
}

/** How long a head may be before it is refused. */
export interface Limits {
  /** Bytes up to and including the empty line. Default 16,384, what Node's own HTTP parser takes. */
  readonly maxHeadBytes: number
  /** Default 128. */
  readonly maxHeaders: number
}

export const defaultLimits: Limits = Object.freeze({ maxHeadBytes: 16_384, maxHeaders: 128 })

/** What can be wrong with a head: one named rule for each fault. */
export const rules = {
  HeadTooLong: ["RFC 9110 §5.4", "the head was longer than the limit"],
  TooManyHeaders: ["RFC 9110 §5.4", "the head had more headers than the limit"],
  EmptyStartLine: ["RFC 9112 §2.1", "the head began with an empty line"],
  BareLineFeed: ["RFC 9112 §2.2", "a line ended with LF and no CR before it"],
  BareCarriageReturn: ["RFC 9112 §2.2", "a CR was not followed by LF"],
  ControlCharacter: ["RFC 9110 §5.5", "the head held a control character"],
  FoldedHeader: ["RFC 9112 §2.2", "the first header began with a blank"],
  HeaderWithoutColon: ["RFC 9112 §5", "a header had no colon"],
  BlankBeforeColon: ["RFC 9112 §5.1", "a blank stood between a header's name and its colon"],
  InvalidHeaderName: ["RFC 9110 §5.1", "a header's name was not a token"]
} as const satisfies Record<string, readonly [section: string, description: string]>

export type Rule = keyof typeof rules

export const make = (limits: Limits = defaultLimits, decodeText = decode): Reader => new Reader(limits, decodeText)

/** Reads one head. After any other answer than NeedMore it is finished. */
export class Reader {
  /** The first line, as soon as it is complete. */
  startLine: string | undefined
  /** The line being read. */
  line = ""
  /** How many bytes have been read. */
  byteLength = 0

  private readonly limits: Limits
  private readonly decodeText: typeof decode
  private readonly headers: Array<Header> = []
  /** The CR at the end of a line whose LF has not come yet. */
  private carriageReturn = ""

  constructor(limits: Limits, decodeText: typeof decode) {
    this.limits = limits
    this.decodeText = decodeText
  }

  push(chunk: Uint8Array): NeedMore | Head | InvalidHead {
    const before = this.byteLength
    for (let at = 0; at < chunk.length; at = this.byteLength - before) {
      const room = this.limits.maxHeadBytes - this.byteLength
      const end = at + Math.min(chunk.length - at, room, longestRun)
      const answer = room >= 1 ? this.read(this.decodeText(chunk, at, end)) : this.refuse()
      if (answer === undefined) continue
      if (answer !== "End") return invalid(answer, this.line)
      const headers = Object.freeze(this.headers)
      const leftover = chunk.subarray(this.byteLength - before)
      return { _tag: "Head", startLine: this.startLine!, headers, leftover }
    }
    return needMore
  }

  private refuse(): Rule {
    this.byteLength += 1
    return "HeadTooLong"
  }

  /** Reads whole lines and the beginning of the next. A CR at the end is read again, with the next character. */
  private read(run: string): Rule | "End" | undefined {
    const text = this.carriageReturn + run
    this.byteLength -= this.carriageReturn.length
    const wrong = text.search(outOfPlace)
    const lines = (wrong === -1 ? text : text.slice(0, wrong)).split("\r\n")
    const rest = lines.pop()!
    for (let i = 0; i < lines.length; i++) {
      this.byteLength += lines[i]!.length + 2
      this.line += lines[i]!
      const answer = this.endLine()
      if (answer !== undefined) return answer
    }
    this.byteLength += rest.length
    this.carriageReturn = rest.endsWith("\r") ? "\r" : ""
    this.line += rest.slice(0, rest.length - this.carriageReturn.length)
    return wrong === -1 ? undefined : this.judge(text.charAt(wrong))
  }

  private judge(character: string): Rule {
    this.byteLength += 1
    if (character === "\n") return "BareLineFeed"
    if (character === "\r") return "BareCarriageReturn"
    this.line += character
    return "ControlCharacter"
  }

  private endLine(): Rule | "End" | undefined {
    const { line } = this
    if (this.startLine === undefined) {
      if (line === "") return "EmptyStartLine"
      this.startLine = line
    } else {
      if (line === "") return "End"
      if (isBlank(line, 0)) return this.unfold(line)
      if (this.headers.length === this.limits.maxHeaders) return "TooManyHeaders"
      const header = parse(line)
      if (typeof header === "string") return header
      this.headers.push(header)
    }
    this.line = ""
    return undefined
  }

  /** The header continues on the next line: its lines are joined with one blank (RFC 9112 §5.2). */
  private unfold(line: string): Rule | undefined {
    const last = this.headers.pop()
    if (last === undefined) return "FoldedHeader"
    const [name, value] = last
    const more = trim(line)
    // Adding two strings does not copy them yet, so the time for many lines is linear in their bytes.
    const whole = value === "" || more === "" ? value + more : `${value} ${more}`
    this.headers.push(Object.freeze<Header>([name, whole]))
    this.line = ""
    return undefined
  }
}

const parse = (line: string): Header | Rule => {
  const parts = fieldLine.exec(line)
  return parts === null ? problemOf(line) : Object.freeze<Header>([parts[1]!, parts[2] ?? ""])
}

const problemOf = (line: string): Rule => {
  const colon = line.indexOf(":")
  if (colon === -1) return "HeaderWithoutColon"
  return isBlank(line, colon - 1) ? "BlankBeforeColon" : "InvalidHeaderName"
}

const invalid = (rule: Rule, line: string): InvalidHead =>
  Object.freeze({ _tag: "InvalidHead", rule, found: excerpt(line) })

/** The part of a peer's text that an answer carries. */
export const excerpt = (text: string): string => text.slice(0, 200)

/** The bytes of a head. The start line and headers must be legal. */
export const format = (startLine: string, headers: Headers, encodeText = encode): Uint8Array => {
  let text = `${startLine}\r\n`
  for (let i = 0; i < headers.length; i++) text += `${headers[i]![0]}: ${headers[i]![1]}\r\n`
  return encodeText(`${text}\r\n`)
}

/** A control character, except the CR LF at the end of a line, whose LF may not have come yet. */
const outOfPlace = /[^\t -~\x80-\xff](?<!\r\n|\r(?=\n|$))/

/** How many bytes are decoded at once: most heads whole, and little of what may follow one. */
const longestRun = 0x200
