/**
 * The head of an HTTP/1.1 message: a start line and headers (RFC 9112 §2, §5), read from chunks and written to bytes.
 *
 * This module knows how lines and headers look, in both directions, and how much of them a peer may send. What a
 * start line or a header means is the opening handshake's business. Bytes are latin-1, so every byte is one character.
 * The reader's work is linear, however the network cuts them, and native functions do it: in the first thousands of
 * connections a loop over bytes is slow, and then costs more to optimise than it saves.
 */
import { type NeedMore, needMore } from "./NeedMore.ts"

export type Header = readonly [name: string, value: string]

/** Headers in the order of the wire, names as they were written, values without the blanks around them. */
export type Headers = ReadonlyArray<Header>

export interface Head {
  readonly _tag: "Head"
  readonly startLine: string
  readonly headers: Headers
  /** What the last chunk held behind the empty line: a view. */
  readonly leftover: Uint8Array
}

export interface InvalidHead {
  readonly _tag: "InvalidHead"
  readonly rule: Rule
  /** The line that broke the rule, as far as it came: at most 200 characters, unescaped. */
  readonly found: string
}

/** How much of a head is read before it is refused. */
export interface Limits {
  /** Bytes up to and including the empty line. Default 16,384, what Node's own HTTP parser takes. */
  readonly maxHeadBytes: number
  /** Default 128. */
  readonly maxHeaders: number
}

export const defaultLimits: Limits = Object.freeze({ maxHeadBytes: 16_384, maxHeaders: 128 })

/** What a head can do wrong: one named rule each. */
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

/** Reads one head. After any other answer than NeedMore it has done its work. */
export class Reader {
  /** The first line, as soon as it is complete. */
  startLine: string | undefined
  /** The line that is being read. */
  line = ""
  /** How many bytes were read. */
  byteLength = 0

  private readonly limits: Limits
  private readonly decodeText: typeof decode
  private readonly headers: Array<Header> = []
  /** The CR of a line's end whose LF has not come. */
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

  /** Whole lines, and as much as came of the next. A CR that was the last character is read again, with the next. */
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

  /** The header goes on in the next line: what stands between its lines is one blank (RFC 9112 §5.2). */
  private unfold(line: string): Rule | undefined {
    const last = this.headers.pop()
    if (last === undefined) return "FoldedHeader"
    const [name, value] = last
    const more = trim(line)
    // Two strings added are not copied yet, so that many lines take no longer than their bytes.
    const whole = value === "" || more === "" ? value + more : `${value} ${more}`
    this.headers.push(Object.freeze<Header>([name, whole]))
    this.line = ""
    return undefined
  }
}

const parse = (line: string): Header | Rule => {
  const parts = form.exec(line)
  return parts === null ? problemOf(line) : Object.freeze<Header>([parts[1]!, parts[2] ?? ""])
}

const problemOf = (line: string): Rule => {
  const colon = line.indexOf(":")
  if (colon === -1) return "HeaderWithoutColon"
  return isBlank(line, colon - 1) ? "BlankBeforeColon" : "InvalidHeaderName"
}

/** A token, a colon, and the value without the blanks around it, if there is one. It takes linear time. */
const form = /^([\w!#$%&'*+\-.^`|~]+):[\t ]*(.*[^\t ])?/

const invalid = (rule: Rule, line: string): InvalidHead =>
  Object.freeze({ _tag: "InvalidHead", rule, found: excerpt(line) })

/** As much of a peer's text as an answer carries. */
export const excerpt = (text: string): string => text.slice(0, 200)

/** Every value of a header, in order; the name in any case. */
export const all = (headers: Headers, name: string): ReadonlyArray<string> => {
  const sought = name.toLowerCase()
  const values: Array<string> = []
  for (const header of headers) if (isNamed(header, sought)) values.push(header[1])
  return values
}

/** The value of a header that may come once; undefined when it is absent, `repeated` when it came more often. */
export const one = (headers: Headers, name: string): string | undefined | typeof repeated => {
  const sought = name.toLowerCase()
  let value: string | undefined
  // By index, here and below: until code is optimised, each step of an iterator is an object.
  for (let i = 0; i < headers.length; i++) {
    const header = headers[i]!
    if (!isNamed(header, sought)) continue
    if (value !== undefined) return repeated
    value = header[1]
  }
  return value
}

/** `sought` is in lower case. Most names are told apart by their length. */
const isNamed = (header: Header, sought: string): boolean =>
  header[0].length === sought.length && header[0].toLowerCase() === sought

export const repeated: unique symbol = Symbol("a header that may come once came more often")

/** The elements of a comma-separated list, over all headers of that name (RFC 9110 §5.3, §5.6.1), as written. */
export const list = (headers: Headers, name: string): ReadonlyArray<string> =>
  all(headers, name)
    .flatMap((value) => value.split(","))
    .map(trim)
    .filter((element) => element !== "")

/** Has the list this element, in any case? */
export const hasToken = (headers: Headers, name: string, token: string): boolean => {
  const sought = token.toLowerCase()
  const is = (element: string) => element.toLowerCase() === sought
  const value = one(headers, name)
  // Most lists have one element, in one header.
  return typeof value === "string" && is(value) ? true : list(headers, name).some(is)
}

/** The values of all headers of that name as one (RFC 9110 §5.3); undefined when there is none. */
export const joined = (headers: Headers, name: string): string | undefined => {
  const value = one(headers, name)
  return value === repeated ? all(headers, name).join(", ") : value
}

/** A token (RFC 9110 §5.6.2). */
export const isToken = (text: string): boolean => /^[\w!#$%&'*+\-.^`|~]+$/.test(text)

/** What may stand behind the colon: latin-1 without control characters (RFC 9110 §5.5). */
export const isFieldValue = (text: string): boolean => /^[\t -~\x80-\xff]*$/.test(text)

/** The bytes of a head whose start line and headers are legal. */
export const format = (startLine: string, headers: Headers, encodeText = encode): Uint8Array => {
  let text = `${startLine}\r\n`
  for (let i = 0; i < headers.length; i++) text += `${headers[i]![0]}: ${headers[i]![1]}\r\n`
  return encodeText(`${text}\r\n`)
}

/** The bytes of latin-1 text. */
export const encode = (text: string): Uint8Array => {
  const bytes = new Uint8Array(text.length)
  for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i)
  return bytes
}

/** The latin-1 text of `bytes` from `start` to `end`: some thousand bytes, since each is an argument of one call. */
export const decode = (bytes: Uint8Array, start: number, end: number): string =>
  String.fromCharCode.apply(null, bytes.subarray(start, end) as unknown as Array<number>)

/** Without the spaces and tabs around it. `String.trim` would take more, and a pattern could take quadratic time. */
export const trim = (text: string): string => {
  let start = 0
  let end = text.length
  while (isBlank(text, start)) start++
  while (end > start && isBlank(text, end - 1)) end--
  return text.slice(start, end)
}

const isBlank = (text: string, at: number): boolean => {
  const code = text.charCodeAt(at)
  return code === 0x20 || code === tab
}

/** A control character, but for the CR LF of a line's end, whose LF may be still to come. */
const outOfPlace = /[^\t -~\x80-\xff](?<!\r\n|\r(?=\n|$))/

/** So many bytes are decoded at once: most heads whole, and little of what may come behind one. */
const longestRun = 0x200

const tab = 0x09
