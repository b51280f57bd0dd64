/**
 * The part of base64 (RFC 4648 §4) that the opening handshake needs: encoding the nonce and its answer, and finding the length
 * of an encoded nonce. Nothing is ever decoded.
 */
export const encode = (bytes: Uint8Array): string => {
  const codes = new Array<number>(Math.ceil(bytes.length / 3) * 4)
  for (let i = 0, at = 0; i < bytes.length; i += 3) {
    const bits = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0)
    codes[at++] = alphabet.charCodeAt(bits >> 18)
    codes[at++] = alphabet.charCodeAt((bits >> 12) & 63)
    codes[at++] = i + 1 < bytes.length ? alphabet.charCodeAt((bits >> 6) & 63) : equals
    codes[at++] = i + 2 < bytes.length ? alphabet.charCodeAt(bits & 63) : equals
  }
  return String.fromCharCode.apply(null, codes)
}

/** How many bytes the text encodes; undefined if `encode` would not have written it. */
export const decodedLength = (text: string): number | undefined => {
  if (text.length % 4 !== 0 || !form.test(text)) return undefined
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0
  // RFC 4648 §3.5: for each "=", two bits of the last character mean nothing and must be zero.
  const unused = (1 << (padding * 2)) - 1
  const last = alphabet.indexOf(text.charAt(text.length - padding - 1))
  return (last & unused) === 0 ? (text.length / 4) * 3 - padding : undefined
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
const equals = 0x3d
const form = /^[A-Za-z0-9+/]*={0,2}$/
