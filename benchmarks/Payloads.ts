/**
 * The messages that every workload carries. Server and arms make the same ones from kind and size, so both ends can check
 * what arrived without telling each other. This file alone knows their content; `Frames` puts them on the wire.
 */

export type Message = string | Uint8Array
export type Payload = "text" | "binary" | "multibyte" | "json"

/**
 * The distinct messages of a workload in the order in which they repeat, each of exactly `size` bytes on the wire (at least
 * 16; text counts as UTF-8). Together they hold 256 KiB where that takes no more than 4,096 messages, so that a compressor
 * with its 32 KiB window never sees the same message twice.
 */
export const messages = (payload: Payload, size: number): ReadonlyArray<Message> =>
  Array.from({ length: distinct(size) }, (_, index) => make[payload](index, size))

/** A power of two, so that it divides every unit of work. */
const distinct = (size: number): number => Math.min(4096, Math.max(1, 2 ** Math.floor(Math.log2((256 * 1024) / size))))

const make: Record<Payload, (index: number, size: number) => Message> = {
  text: (index, size) => `${numbered(index)}${repeat(ascii, size)}`.slice(0, size),

  binary: (index, size) => {
    const bytes = new Uint8Array(size)
    for (let at = 0; at < size; at++) bytes[at] = (index + at * 31 + (at >> 8)) & 0xff
    bytes.set(new TextEncoder().encode(numbered(index)))
    return bytes
  },

  multibyte: (index, size) => {
    const bytes = new TextEncoder().encode(numbered(index) + repeat(mixedScripts, size)).subarray(0, size)
    // A streaming decoder keeps the character back that the cut went through: full stops fill the bytes that are left.
    const whole = new TextDecoder().decode(bytes, { stream: true })
    return whole + ".".repeat(size - new TextEncoder().encode(whole).length)
  },

  json: (index, size) => {
    const first = index * Math.ceil(size / recordBytes)
    const records = Array.from({ length: Math.floor((size - 1) / recordBytes) }, (_, at) => record(first + at))
    return (records.length > 1 ? `[${records.join(",")}]` : record(first)).padEnd(size, " ")
  }
}

const numbered = (index: number): string => index.toString().padStart(NUMBER_BYTES, "0")

/** Every message but JSON begins with its place in the series, in so many digits. */
export const NUMBER_BYTES = 8

const repeat = (text: string, size: number): string => text.repeat(Math.ceil(size / text.length))

const ascii = "The quick brown fox jumps over the lazy dog; 0123456789 times it did. "
const mixedScripts = "Grüße naïve, привет мир, 世界へようこそ, שלום, 🌍🚀 "

/** A price as a feed would send it: the names repeat, the digits do not. */
const record = (number: number): string => {
  const noise = (Math.imul(number + 1, 0x9e3779b1) >>> 8).toString().padStart(8, "0")
  const symbol = symbols[number % symbols.length]
  return `{"s":"${symbol}","bid":1.${noise.slice(0, 5)},"ask":1.${noise.slice(3, 8)},"n":${10_000_000 + number}}`
}

/** With the comma between two of them. */
const recordBytes = 56
const symbols = ["EURUSD", "GBPUSD", "USDJPY", "AUDNZD", "EURCHF"]
