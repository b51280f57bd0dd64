/** DER (ITU-T X.690), as much as certificates take: a tag, a length, contents. */
import { Buffer } from "node:buffer"

export const der = (tag: number, ...contents: ReadonlyArray<Uint8Array>): Buffer => {
  const body = Buffer.concat(contents)
  const { length } = body
  // The shortest form that fits; what is made here stays below 64 KiB.
  const form = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Uint8Array.of(tag, ...form), body])
}

export const sequence = (...contents: ReadonlyArray<Uint8Array>): Buffer => der(0x30, ...contents)

export const integer = (bytes: Uint8Array): Buffer => der(0x02, bytes)

export const octets = (...contents: ReadonlyArray<Uint8Array>): Buffer => der(0x04, ...contents)

/** An object identifier: the first two numbers in one byte, the others in groups of seven bits. */
export const objectId = (dotted: string): Buffer => {
  const [first = 0, second = 0, ...others] = dotted.split(".").map(Number)
  return der(0x06, Uint8Array.of(40 * first + second, ...others.flatMap(base128)))
}

const base128 = (number: number): ReadonlyArray<number> => {
  const bytes = [number & 0x7f]
  for (let rest = number >> 7; rest > 0; rest >>= 7) bytes.unshift((rest & 0x7f) | 0x80)
  return bytes
}
