/** Wire literals: bytes as hex, blanks where they help the eye. */
export const hex = (text: string): Uint8Array => {
  const digits = text.replaceAll(/\s/g, "")
  if (!/^([0-9a-f]{2})*$/.test(digits)) throw new Error(`not hex: ${text}`)
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) => Number.parseInt(digits.slice(i * 2, i * 2 + 2), 16))
}

export const toHex = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex")

export const concat = (...parts: ReadonlyArray<Uint8Array>): Uint8Array => new Uint8Array(Buffer.concat(parts))
