/** `HttpHead.Reader` as it reads best, byte after byte: what the reader must answer, and at which byte. */
import * as HttpHead from "../src/HttpHead.ts"

/** `bytes` is how many it takes to know; `line` what came of a line when they do not suffice. */
export type Expected =
  | { readonly bytes: number; readonly startLine: string; readonly headers: Array<HttpHead.Header> }
  | { readonly bytes: number; readonly rule: HttpHead.Rule; readonly found: string }
  | { readonly line: string; readonly startLine: string | undefined }

export const headByBytes = (bytes: Uint8Array, limits: HttpHead.Limits): Expected => {
  const headers: Array<HttpHead.Header> = []
  let startLine: string | undefined
  let line = ""
  let carriageReturn = false
  for (let at = 0; at < bytes.length; at++) {
    const invalid = (rule: HttpHead.Rule) => ({ bytes: at + 1, rule, found: line.slice(0, 200) })
    const byte = bytes[at]!
    if (at >= limits.maxHeadBytes) return invalid("HeadTooLong")
    if (byte === 0x0a && !carriageReturn) return invalid("BareLineFeed")
    if (byte !== 0x0a && carriageReturn) return invalid("BareCarriageReturn")
    carriageReturn = byte === 0x0d
    if (carriageReturn) continue
    if (byte !== 0x0a) {
      line += String.fromCharCode(byte)
      if ((byte < 0x20 && byte !== 0x09) || byte === 0x7f) return invalid("ControlCharacter")
      continue
    }
    if (startLine === undefined) {
      if (line === "") return invalid("EmptyStartLine")
      startLine = line
    } else {
      if (line === "") return { bytes: at + 1, startLine, headers }
      const rule = addHeader(headers, line, limits)
      if (rule !== undefined) return invalid(rule)
    }
    line = ""
  }
  return { line, startLine }
}

const addHeader = (
  headers: Array<HttpHead.Header>,
  line: string,
  limits: HttpHead.Limits
): HttpHead.Rule | undefined => {
  if (isBlank(line, 0)) {
    const last = headers.pop()
    if (last === undefined) return "FoldedHeader"
    const more = HttpHead.trim(line)
    headers.push([last[0], last[1] === "" || more === "" ? last[1] + more : `${last[1]} ${more}`])
    return undefined
  }
  if (headers.length === limits.maxHeaders) return "TooManyHeaders"
  const colon = line.indexOf(":")
  if (colon === -1) return "HeaderWithoutColon"
  if (isBlank(line, colon - 1)) return "BlankBeforeColon"
  const name = line.slice(0, colon)
  if (!HttpHead.isToken(name)) return "InvalidHeaderName"
  headers.push([name, HttpHead.trim(line.slice(colon + 1))])
  return undefined
}

const isBlank = (line: string, at: number): boolean => line[at] === " " || line[at] === "\t"
