/**
 * The five files of sections 12 and 13, generated: same sizes as Autobahn's, and octets that compress about as well.
 * Their content means nothing; what matters is what an inflater and a window have to do with them.
 */
import { Generator } from "./Generator.ts"

export interface File {
  readonly kind: "text" | "binary"
  readonly octets: Buffer
  /** Where each unit starts, and the end: code points in text, octets in binary. */
  readonly starts: Uint32Array
}

/** JSON with records that resemble each other (194,056 octets). */
export const json = (): File =>
  text(194_056, 0x1d2c3b4a, (generator) => {
    const tags = Array.from({ length: 3 }, () => `"${word(generator)}"`).join(", ")
    const { next } = { next: () => generator.below(100_000) / 100 }
    return (
      `  {"id": ${generator.next()}, "name": "${word(generator)} ${word(generator)}", "price": ${next()}, ` +
      `"position": {"x": ${next()}, "y": ${next()}}, "tags": [${tags}], "note": "${sentence(generator, 9)}"},\n`
    )
  })

/** German-looking verse, sent as binary (222,218 octets). */
export const prose = (): File => {
  const { octets } = text(222_218, 0x0badcafe, (generator) => `${sentence(generator, 5 + generator.below(5))},\n`)
  return binary(octets)
}

/** A page of nested, repeating markup (263,647 octets). */
export const html = (): File =>
  text(
    263_647,
    0x5eed5eed,
    (generator) =>
      `<div class="entry ${word(generator)}"><h2 id="n${generator.below(10_000)}">${sentence(generator, 4)}</h2>\n` +
      `  <p>${sentence(generator, 14)}. <a href="https://example.com/${word(generator)}/${generator.below(1000)}">` +
      `${sentence(generator, 2)}</a></p>\n</div>\n`
  )

/** A grey picture of 512 by 512: smooth shapes under noise (263,222 octets). */
export const bitmap = (): File => {
  const generator = new Generator(0x00c0ffee)
  const octets = Buffer.alloc(263_222)
  octets.write("BM")
  for (let index = 1078; index < octets.length; index++) {
    const [x, y] = [(index - 1078) % 512, (index - 1078) >> 9]
    const shape = 128 + 60 * Math.sin(x / 37 + y / 91) + 50 * Math.cos((x * y) / 9_000)
    octets[index] = shape + generator.below(18)
  }
  return binary(octets)
}

/** Streams that are compressed already, with a little text between them (1,042,328 octets). */
export const pdf = (): File => {
  const generator = new Generator(0x7e57da7a)
  const octets = Buffer.alloc(1_042_328)
  for (let index = 0; index < octets.length; index++) octets[index] = generator.next() >>> 24
  for (let index = 0; index < octets.length - 200; index += 9_000) {
    octets.write(`endstream\nendobj\n${index} 0 obj\n<< /Length ${index} /Filter /FlateDecode >>\nstream\n`, index)
  }
  return binary(octets)
}

/** Units from `position` on, wrapping at the end of the file; the next window starts behind them. */
export const window = ({ octets, starts }: File, position: number, length: number): Buffer => {
  const units = starts.length - 1
  const end = position + length
  if (end <= units) return octets.subarray(starts[position], starts[end])
  return Buffer.concat([octets.subarray(starts[position]), octets.subarray(0, starts[end - units])])
}

const text = (size: number, seed: number, line: (generator: Generator) => string): File => {
  const generator = new Generator(seed)
  const parts: Array<Buffer> = []
  for (let filled = 0; filled < size; filled += parts.at(-1)!.length) parts.push(Buffer.from(line(generator)))
  const octets = Buffer.concat(parts).subarray(0, size)
  // The cut may be inside a code point: spaces take the place of what is left of it.
  for (let end = size; end > 0 && octets[end - 1]! >= 0x80; end--) octets[end - 1] = 0x20
  const starts: Array<number> = []
  octets.forEach((octet, index) => {
    if ((octet & 0xc0) !== 0x80) starts.push(index)
  })
  return { kind: "text", octets, starts: Uint32Array.from([...starts, size]) }
}

const binary = (octets: Buffer): File => ({
  kind: "binary",
  octets,
  starts: Uint32Array.from({ length: octets.length + 1 }, (_, index) => index)
})

const sentence = (generator: Generator, words: number): string =>
  Array.from({ length: words }, () => word(generator)).join(" ")

/** One of 4,000 words of two to four syllables, some with letters beyond ASCII. */
const word = (generator: Generator): string => generator.pick(words)

const syllables =
  "ba be da de en er fa ge gen ich ist ka la lich li ma mit na ne ra sch se so sti ta te ung ver vo zu ü ö ä ß é 語 😀"

const words: ReadonlyArray<string> = (() => {
  const generator = new Generator(0x12345678)
  const parts = syllables.split(" ")
  return Array.from({ length: 4000 }, () =>
    Array.from({ length: 1 + generator.below(4) }, () => generator.pick(parts)).join("")
  )
})()
