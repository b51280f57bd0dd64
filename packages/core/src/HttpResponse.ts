/**
 * The head of an HTTP response: its status line (RFC 9112 §4) and headers. Interim responses before it are skipped (RFC 9110
 * §15.2). The status line is checked as soon as it is complete: a peer that speaks another protocol may send only one line.
 *
 * The caller decides what a status means. Reading ends after a 101 too, since HTTP ends there.
 */
import * as HttpHead from "./HttpHead.ts"
import { type NeedMore, needMore } from "./NeedMore.ts"

export interface Response {
  readonly _tag: "Response"
  /** 101, or 200 to 999. */
  readonly status: number
  readonly statusText: string
  readonly headers: HttpHead.Headers
  /** What the last chunk held after the empty line: a view. */
  readonly leftover: Uint8Array
}

export interface InvalidResponse {
  readonly _tag: "InvalidResponse"
  readonly rule: Rule
  /** The line that broke the rule, as far as it came: at most 200 characters, unescaped. */
  readonly found: string
}

/** What can be wrong with the head of a response: one named rule for each fault. */
export const rules = {
  ...HttpHead.rules,
  StatusLine: ["RFC 9112 §4", "the response did not begin with an HTTP status line"],
  HttpVersion: ["RFC 6455 §4.2.2", "the response was not HTTP/1.1"]
} as const satisfies Record<string, readonly [section: string, description: string]>

export type Rule = keyof typeof rules

/** The limits apply to the response and all interim ones before it together. */
export const make = (limits: HttpHead.Limits = HttpHead.defaultLimits, decodeText = HttpHead.decode): Reader =>
  new Reader(limits, decodeText)

/** Reads one response. After any other answer than NeedMore it is finished. */
export class Reader {
  /** What is left of the limits after interim responses. */
  private limits: HttpHead.Limits
  private readonly decodeText: typeof HttpHead.decode
  private head: HttpHead.Reader
  private statusLine: StatusLine | InvalidResponse | undefined

  constructor(limits: HttpHead.Limits, decodeText: typeof HttpHead.decode) {
    this.limits = limits
    this.decodeText = decodeText
    this.head = HttpHead.make(limits, decodeText)
  }

  push(chunk: Uint8Array): NeedMore | Response | InvalidResponse {
    for (let rest = chunk; ; ) {
      const head = this.head.push(rest)
      if (this.head.startLine !== undefined) this.statusLine ??= parse(this.head.startLine)
      if (this.statusLine?._tag === "InvalidResponse") return this.statusLine
      if (head._tag === "InvalidHead") return invalid(head.rule, head.found)
      if (head._tag === "NeedMore") return needMore
      const { status, statusText } = this.statusLine!
      const { headers, leftover } = head
      if (status === 101 || status >= 200) return { _tag: "Response", status, statusText, headers, leftover }
      this.skip(head)
      rest = leftover
    }
  }

  /** The status line, as far as it came. */
  get found(): string {
    return this.head.startLine ?? this.head.line
  }

  /** Skips an interim response. The next head gets what is left of the limits. */
  private skip({ headers }: HttpHead.Head): void {
    const maxHeadBytes = this.limits.maxHeadBytes - this.head.byteLength
    const maxHeaders = this.limits.maxHeaders - headers.length
    this.limits = { maxHeadBytes, maxHeaders }
    this.head = HttpHead.make(this.limits, this.decodeText)
    this.statusLine = undefined
  }
}

interface StatusLine {
  readonly _tag: "StatusLine"
  readonly status: number
  readonly statusText: string
}

const parse = (line: string): StatusLine | InvalidResponse => {
  if (line === "HTTP/1.1 101 Switching Protocols") return switching
  const [, version, code, statusText = ""] = statusLine.exec(line) ?? []
  if (code === undefined) return invalid("StatusLine", line)
  const status = Number(code)
  // An older server or proxy may refuse, but only HTTP/1.1 can switch protocols (RFC 9110 §7.8).
  const legal = status === 101 ? version === "1.1" : version!.startsWith("1.")
  return legal ? { _tag: "StatusLine", status, statusText } : invalid("HttpVersion", line)
}

/** The status line of most servers. */
const switching: StatusLine = Object.freeze({
  _tag: "StatusLine",
  status: 101,
  statusText: "Switching Protocols"
})

const invalid = (rule: Rule, line: string): InvalidResponse =>
  Object.freeze({ _tag: "InvalidResponse", rule, found: HttpHead.excerpt(line) })

/** Some servers leave out the blank before an empty reason phrase (RFC 9112 §4), which is harmless. */
const statusLine = /^HTTP\/(\d\.\d) ([1-9]\d\d)(?: (.*))?$/
