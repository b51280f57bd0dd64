/**
 * The grammar of the Sec-WebSocket-Extensions header (RFC 6455 §9.1), without the meaning of any extension.
 *
 *     extension-list  = 1#extension
 *     extension       = extension-token *( ";" extension-param )
 *     extension-param = token [ "=" ( token | quoted-string ) ]    ; the quoted text must be a token too
 *
 * Elements of the list may be empty, since headers of one name are joined (RFC 9110 §5.6.1.2), but not all of them.
 */
import * as HttpSyntax from "./HttpSyntax.ts"

export interface Extension {
  readonly name: string
  /** In order; the same name may come twice, which most extensions forbid. */
  readonly parameters: ReadonlyArray<Parameter>
}

export type Parameter = readonly [name: string, value: string | undefined]

/** The extensions of a header, or undefined if it does not follow the grammar. Takes linear time. */
export const parse = (header: string): ReadonlyArray<Extension> | undefined => {
  const parts = split(header)?.filter((elements) => elements.length > 1 || elements[0] !== "")
  if (parts === undefined || parts.length === 0) return undefined
  const extensions: Array<{ name: string; parameters: Array<Parameter> }> = []
  for (const elements of parts) {
    const [name, ...parameters] = elements
    const read = parameters.map(parseParameter)
    if (!HttpSyntax.isToken(name!) || !read.every((parameter) => parameter !== undefined)) return undefined
    extensions.push({ name: name!, parameters: read })
  }
  return extensions
}

export const format = ({ name, parameters }: Extension): string =>
  [name, ...parameters.map(([key, value]) => (value === undefined ? key : `${key}=${value}`))].join("; ")

const parseParameter = (text: string): Parameter | undefined => {
  const equals = text.indexOf("=")
  if (equals === -1) return HttpSyntax.isToken(text) ? [text, undefined] : undefined
  const name = HttpSyntax.trim(text.slice(0, equals))
  const value = unquote(HttpSyntax.trim(text.slice(equals + 1)))
  return HttpSyntax.isToken(name) && value !== undefined && HttpSyntax.isToken(value) ? [name, value] : undefined
}

/** The text in quotes, unescaped; undefined if anything follows the quotes. */
const unquote = (text: string): string | undefined => {
  if (!text.startsWith('"')) return text
  let inner = ""
  let i = 1
  for (; i < text.length && text[i] !== '"'; i++) {
    if (text[i] === "\\") i++
    inner += text.charAt(i)
  }
  return i === text.length - 1 ? inner : undefined
}

/** Splits at commas into extensions and at semicolons into their elements, but not inside quotes. */
const split = (header: string): ReadonlyArray<ReadonlyArray<string>> | undefined => {
  const extensions: Array<Array<string>> = [[]]
  let start = 0
  let quoted = false
  const close = (end: number) => {
    extensions.at(-1)!.push(HttpSyntax.trim(header.slice(start, end)))
    start = end + 1
  }
  for (let i = 0; i < header.length; i++) {
    const character = header[i]
    if (quoted && character === "\\") i++
    else if (character === '"') quoted = !quoted
    else if (!quoted && character === ";") close(i)
    else if (!quoted && character === ",") {
      close(i)
      extensions.push([])
    }
  }
  close(header.length)
  return quoted ? undefined : extensions
}
