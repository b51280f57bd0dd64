/**
 * The characters of HTTP: what a token is, what a header's value may hold, and what surrounds both (RFC 9110 §5.5, §5.6).
 */

/** A token (RFC 9110 §5.6.2). */
export const isToken = (text: string): boolean => /^[\w!#$%&'*+\-.^`|~]+$/.test(text)

/** What may follow the colon: latin-1 without control characters (RFC 9110 §5.5). */
export const isFieldValue = (text: string): boolean => /^[\t -~\x80-\xff]*$/.test(text)

/** A token, a colon, and the value, if any, without surrounding blanks. Takes linear time. */
export const fieldLine = /^([\w!#$%&'*+\-.^`|~]+):[\t ]*(.*[^\t ])?/

/** Removes surrounding spaces and tabs. `String.trim` would remove more, and a pattern could take quadratic time. */
export const trim = (text: string): string => {
  let start = 0
  let end = text.length
  while (isBlank(text, start)) start++
  while (end > start && isBlank(text, end - 1)) end--
  return text.slice(start, end)
}

export const isBlank = (text: string, at: number): boolean => {
  const code = text.charCodeAt(at)
  return code === 0x20 || code === tab
}

const tab = 0x09
