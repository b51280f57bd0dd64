/**
 * Looks up the headers of an HTTP message by name, in any case, over all lines with that name (RFC 9110 §5.1 to §5.3).
 *
 * `HttpHead` reads and writes them; the opening handshake knows what their values mean.
 */
import { trim } from "./HttpSyntax.ts"

export type Header = readonly [name: string, value: string]

/** Headers in the order on the wire, with names as written and values without surrounding blanks. */
export type Headers = ReadonlyArray<Header>

/** Every value of a header, in order. The name may be in any case. */
export const all = (headers: Headers, name: string): ReadonlyArray<string> => {
  const sought = name.toLowerCase()
  const values: Array<string> = []
  for (const header of headers) if (isNamed(header, sought)) values.push(header[1])
  return values
}

/** The value of a header that may come once; undefined if it is absent, `repeated` if it came more than once. */
export const one = (headers: Headers, name: string): string | undefined | typeof repeated => {
  const sought = name.toLowerCase()
  let value: string | undefined
  // By index, here and below: until code is optimised, each step of an iterator allocates an object.
  for (let i = 0; i < headers.length; i++) {
    const header = headers[i]!
    if (!isNamed(header, sought)) continue
    if (value !== undefined) return repeated
    value = header[1]
  }
  return value
}

/** `sought` is in lower case. The length alone tells most names apart. */
const isNamed = (header: Header, sought: string): boolean =>
  header[0].length === sought.length && header[0].toLowerCase() === sought

export const repeated: unique symbol = Symbol("a header that may come once came more often")

/** The elements of a comma-separated list, as written, from all headers with that name (RFC 9110 §5.3, §5.6.1). */
export const list = (headers: Headers, name: string): ReadonlyArray<string> =>
  all(headers, name)
    .flatMap((value) => value.split(","))
    .map(trim)
    .filter((element) => element !== "")

/** Whether the list has this element, in any case. */
export const hasToken = (headers: Headers, name: string, token: string): boolean => {
  const sought = token.toLowerCase()
  const is = (element: string) => element.toLowerCase() === sought
  const value = one(headers, name)
  // Most lists have one element, in one header.
  return typeof value === "string" && is(value) ? true : list(headers, name).some(is)
}

/** The values of all headers with that name, joined (RFC 9110 §5.3); undefined if there is none. */
export const joined = (headers: Headers, name: string): string | undefined => {
  const value = one(headers, name)
  return value === repeated ? all(headers, name).join(", ") : value
}
