/** The percent-decoded text, as UTF-8 (RFC 3986 §2.1); undefined if it cannot be decoded. */
export const decode = (text: string): string | undefined => {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
