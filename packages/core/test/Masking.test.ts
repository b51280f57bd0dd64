import { assert, describe, it } from "@effect/vitest"
import * as Masking from "../src/Masking.ts"
import { hex, toHex } from "./hex.ts"
import { Random, seed } from "./random.ts"

const key = 0x37fa213d

describe("Masking", () => {
  it("RFC 6455 §5.7: Hello, masked with 37 fa 21 3d", () => {
    for (const mask of [Masking.mask, Masking.reference]) {
      const bytes = hex("48656c6c6f")
      mask(key, bytes, 0, 5)
      assert.strictEqual(toHex(bytes), "7f9f4d5158")
      mask(key, bytes, 0, 5)
      assert.strictEqual(toHex(bytes), "48656c6c6f")
    }
  })

  it("the fast form is the reference, at every alignment, short and long", () => {
    for (let offset = 0; offset < 8; offset++) {
      for (const length of [0, 1, 2, 3, 4, 5, 6, 7, 8, 126, 127, 128, 129, 130, 131, 132, 143, 144, 145, 160, 1000]) {
        agree(
          0xff8001fe,
          Uint8Array.from({ length: offset + length + 8 }, (_, i) => i),
          offset,
          offset + length
        )
      }
    }
  })

  it(`the fast form is the reference on random ranges of views anywhere in their memory (seed ${seed})`, () => {
    const random = new Random()
    for (let round = 0; round < 2000; round++) {
      const memory = random.bytes(1 + random.int(random.pick([8, 300, 3000])))
      const view = memory.subarray(random.int(memory.length))
      const start = random.int(view.length + 1)
      agree(random.uint32(), view, start, start + random.int(view.length - start + 1))
    }
  })

  it("rotate continues a key after any number of octets (RFC 6455 §5.3: octet i uses key octet i modulo 4)", () => {
    assert.deepStrictEqual(
      [0, 1, 2, 3, 4, 5].map((count) => Masking.rotate(key, count)),
      [0x37fa213d, 0xfa213d37, 0x213d37fa, 0x3d37fa21, 0x37fa213d, 0xfa213d37]
    )
    assert.strictEqual(Masking.rotate(0xffffffff, 2), 0xffffffff)
    assert.strictEqual(Masking.rotate(key, 2 ** 40 + 3), Masking.rotate(key, 3))
  })

  it("masking in two steps with a rotated key is masking in one", () => {
    for (let cut = 0; cut <= 300; cut++) {
      const whole = new Uint8Array(300).fill(0x55)
      const cutInTwo = whole.slice()
      Masking.mask(key, whole, 0, 300)
      Masking.mask(key, cutInTwo, 0, cut)
      Masking.mask(Masking.rotate(key, cut), cutInTwo, cut, 300)
      assert.deepStrictEqual(cutInTwo, whole)
    }
  })
})

/** Both forms give the same, and neither touches a byte outside the range. */
const agree = (key: number, bytes: Uint8Array, start: number, end: number): void => {
  const before = bytes.slice()
  const expected = bytes.slice()
  Masking.reference(key, expected, start, end)
  Masking.mask(key, bytes, start, end)
  const what = `key ${key.toString(16)}, byteOffset ${bytes.byteOffset}, ${start} to ${end} of ${bytes.length}`
  assert.deepStrictEqual(bytes.slice(), expected, what)
  assert.deepStrictEqual(bytes.slice(0, start), before.slice(0, start), what)
  assert.deepStrictEqual(bytes.slice(end), before.slice(end), what)
}
