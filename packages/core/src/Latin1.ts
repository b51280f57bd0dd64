/**
 * Latin-1, in which every byte is one character. HTTP is read and written in it, and so are short ASCII texts.
 *
 * A platform may have faster functions that do the same (`Platform`).
 */

/** The bytes of latin-1 text. */
export const encode = (text: string): Uint8Array => {
  const bytes = new Uint8Array(text.length)
  for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i)
  return bytes
}

/** The latin-1 text of `bytes` from `start` to `end`: a few thousand bytes at most, since each is an argument of one call. */
export const decode = (bytes: Uint8Array, start: number, end: number): string =>
  String.fromCharCode.apply(null, bytes.subarray(start, end) as unknown as Array<number>)
