/**
 * The characters of HTTP: what a token is, what a header's value may hold, and what stands around both (RFC 9110 §5.5, §5.6).
 */

/** A token (RFC 9110 §5.6.2). */
export const isToken = (text: string): boolean => /^[\w!#$%&'*+\-.^`|~]+$/.test(text)

/** What may stand behind the colon: latin-1 without control characters (RFC 9110 §5.5). */
export const isFieldValue = (text: string): boolean => /^[\t -~\x80-\xff]*$/.test(text)

/** A token, a colon, and the value without the blanks around it, if there is one. It takes linear time. */
export const fieldLine = /^([\w!#$%&'*+\-.^`|~]+):[\t ]*(.*[^\t ])?/

/** Without the spaces and tabs around it. `String.trim` would take more, and a pattern could take quadratic time. */
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
