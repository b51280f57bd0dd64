/** A seeded source of numbers, so that every run sends the same octets: xorshift of 32 bits. */
export class Generator {
  #state: number

  constructor(seed: number) {
    this.#state = seed
  }

  /** A whole number of 32 bits, not negative. */
  next(): number {
    let state = this.#state
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    this.#state = state
    return state >>> 0
  }

  /** A whole number below `limit`. */
  below(limit: number): number {
    return this.next() % limit
  }

  /** One of them; earlier ones come more often, as words of a language do. */
  pick<A>(choices: ReadonlyArray<A>): A {
    const index = Math.floor(choices.length * (this.next() / 0x100000000) ** 2)
    return choices[index]!
  }
}
