import { assert, describe, it } from "@effect/vitest"
import * as Platform from "../src/Platform.ts"
import { TextPayload } from "../src/TextPayload.ts"
import { hex } from "./hex.ts"
import { Random, seed } from "./random.ts"

const large = 0x1000
const encode = (text: string) => new TextEncoder().encode(text)
const appendAll = (payload: TextPayload, pieces: ReadonlyArray<Uint8Array>) =>
  pieces.map((piece) => payload.append(piece, 0, piece.length))

describe("TextPayload", () => {
  it("decodes a range of each read, and starts over", () => {
    const payload = new TextPayload(Platform.pure)
    assert.isTrue(payload.append(encode("-hel-"), 1, 4))
    assert.isTrue(payload.append(encode("lo"), 0, 2))
    assert.strictEqual(payload.length, 5)
    assert.strictEqual(payload.take(), "hello")
    assert.strictEqual(payload.length, 0)
    assert.strictEqual(payload.take(), "")
  })

  it(`gives what was cut, wherever it was cut, large and small pieces mixed (seed ${seed})`, () => {
    const random = new Random()
    for (let round = 0; round < 20; round++) {
      const text = random.text(20_000)
      const payload = new TextPayload(Platform.pure)
      assert.isFalse(appendAll(payload, random.cut(encode(text))).includes(false))
      assert.strictEqual(payload.take(), text)
    }
  })

  it("a code point may be cut between large pieces at each of its bytes", () => {
    const bytes = encode(`${"a".repeat(large)}\u{1F30D}${"b".repeat(large)}`)
    for (let cut = large; cut <= large + 4; cut++) {
      const payload = new TextPayload(Platform.pure)
      assert.deepStrictEqual(appendAll(payload, [bytes.subarray(0, cut), bytes.subarray(cut)]), [true, true])
      assert.strictEqual(payload.take(), new TextDecoder().decode(bytes))
    }
  })

  it("small pieces are merged into strings of some size", () => {
    let decodes = 0
    const decodeUtf8: Platform.Platform["decodeUtf8"] = (...args) => {
      decodes++
      return Platform.pure.decodeUtf8(...args)
    }
    const payload = new TextPayload({ ...Platform.pure, decodeUtf8 })
    for (let i = 0; i < 0x10000; i++) payload.append(encode("x"), 0, 1)
    assert.strictEqual(payload.take()?.length, 0x10000)
    assert.strictEqual(decodes, 0x10000 / large)
  })

  const a = "61".repeat(large)
  const broken: ReadonlyArray<readonly [what: string, ...pieces: ReadonlyArray<string>]> = [
    ["in a small piece", "61ff"],
    ["at the start of a large piece that should go on", "c3", `61${a}`],
    ["in the middle of a large piece", `${a}ff${a}`],
    ["at the end of a large piece", `${a}c0`],
    ["between large pieces", `${a}e2`, `e2${a}`]
  ]
  for (const [what, ...pieces] of broken) {
    it(`says no to the piece that breaks it: ${what}`, () => {
      const answers = appendAll(new TextPayload(Platform.pure), pieces.map(hex))
      assert.deepStrictEqual(answers, [...pieces.slice(1).map(() => true), false])
    })
  }

  it("is no text while its last code point is not complete", () => {
    const payload = new TextPayload(Platform.pure)
    assert.isTrue(payload.append(hex("61e282"), 0, 3))
    assert.isUndefined(payload.take())
    assert.isTrue(payload.append(hex("ac"), 0, 1))
    assert.strictEqual(payload.take(), "a\u20ac")
  })
})
