/**
 * Random test input that can be had again: every test names its seed in its title, and `SEED=<number>` replays it.
 */
export const seed = Number(process.env.SEED ?? Date.now() % 0x7fffffff)

/** mulberry32: small, fast, and good enough to stir bytes. */
export class Random {
  private state: number

  constructor(from: number = seed) {
    this.state = from
  }

  /** An unsigned 32-bit number. */
  uint32(): number {
    this.state = (this.state + 0x6d2b79f5) | 0
    let t = Math.imul(this.state ^ (this.state >>> 15), this.state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return (t ^ (t >>> 14)) >>> 0
  }

  /** A whole number from 0 up to and without `below`. */
  int(below: number): number {
    return this.uint32() % below
  }

  chance(oneIn: number): boolean {
    return this.int(oneIn) === 0
  }

  pick<A>(from: ReadonlyArray<A>): A {
    return from[this.int(from.length)]!
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.int(0x100))
  }

  /** Well-formed text of code points from every plane, so of one to four bytes each. */
  text(length: number): string {
    const codePoint = () => {
      const any = this.int(this.pick([0x80, 0x800, 0x10000, 0x110000]))
      return any >= 0xd800 && any < 0xe000 ? 0xfffd : any
    }
    return String.fromCodePoint(...Array.from({ length }, codePoint))
  }

  /** The bytes in pieces of random length, most of them short. */
  cut(bytes: Uint8Array): Array<Uint8Array> {
    const pieces: Array<Uint8Array> = []
    for (let at = 0; at < bytes.length; ) {
      const length = 1 + this.int(this.pick([1, 4, 20, 2000, bytes.length]))
      pieces.push(bytes.slice(at, at + length))
      at += length
    }
    return pieces
  }
}
