/** Percent-decoded as UTF-8 (RFC 3986 §2.1); undefined where it cannot be. */
export const decode = (text: string): string | undefined => {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
