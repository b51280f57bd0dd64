/**
 * The headers of an HTTP message, looked up by name: in any case, and over all lines that bear it (RFC 9110 §5.1 to §5.3).
 *
 * How they are read and written is `HttpHead`'s business; what their values mean, the opening handshake's.
 */
import { trim } from "./HttpSyntax.ts"

export type Header = readonly [name: string, value: string]

/** Headers in the order of the wire, names as they were written, values without the blanks around them. */
export type Headers = ReadonlyArray<Header>

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
