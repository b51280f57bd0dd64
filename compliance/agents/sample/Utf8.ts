/** UTF-8 as it arrives (RFC 3629): each octet says at once whether the text can still become valid. */
export class Utf8 {
  #missing = 0
  #low = 0x80
  #high = 0xbf

  /** False as soon as an octet cannot be part of UTF-8. */
  push(octets: Uint8Array): boolean {
    for (const octet of octets) {
      if (this.#missing > 0) {
        if (octet < this.#low || octet > this.#high) return false
        this.#missing--
        this.#low = 0x80
        this.#high = 0xbf
      } else if (octet >= 0x80 && !this.#lead(octet)) return false
    }
    return true
  }

  /** No code point is unfinished. */
  get complete(): boolean {
    return this.#missing === 0
  }

  #lead(octet: number): boolean {
    if (octet < 0xc2 || octet > 0xf4) return false
    this.#missing = octet < 0xe0 ? 1 : octet < 0xf0 ? 2 : 3
    if (octet === 0xe0) this.#low = 0xa0
    if (octet === 0xed) this.#high = 0x9f
    if (octet === 0xf0) this.#low = 0x90
    if (octet === 0xf4) this.#high = 0x8f
    return true
  }
}
