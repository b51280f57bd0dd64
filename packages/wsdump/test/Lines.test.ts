import { assert, describe, it } from "@effect/vitest"
import { Lines } from "../src/Lines.ts"

const bytes = (text: string) => new TextEncoder().encode(text)
const text = (lines: ReadonlyArray<Uint8Array>) => lines.map((line) => new TextDecoder().decode(line))

const table: ReadonlyArray<readonly [input: string, lines: ReadonlyArray<string>]> = [
  ["", []],
  ["one", ["one"]],
  ["one\n", ["one"]],
  ["one\ntwo", ["one", "two"]],
  ["one\r\ntwo\r\n", ["one", "two"]],
  ["\n\nthree\n", ["", "", "three"]],
  ["a\rb\n", ["a\rb"]],
  ["wörld\n✓", ["wörld", "✓"]]
]

describe("lines come out whole, wherever the input was cut", () => {
  for (const [input, expected] of table) {
    it(JSON.stringify(input), () => {
      const whole = bytes(input)
      for (let cut = 0; cut <= whole.length; cut++) {
        const lines = new Lines()
        const parts = [...lines.push(whole.subarray(0, cut)), ...lines.push(whole.subarray(cut)), ...lines.end()]
        assert.deepStrictEqual(text(parts), expected)
      }
      const lines = new Lines()
      const parts = [...whole].flatMap((byte) => lines.push(Uint8Array.of(byte)))
      assert.deepStrictEqual(text([...parts, ...lines.end()]), expected)
      assert.strictEqual(lines.waiting, 0)
    })
  }

  it("says how much of a line waits", () => {
    const lines = new Lines()
    lines.push(bytes("done\nab"))
    assert.strictEqual(lines.waiting, 2)
    lines.push(bytes("cd"))
    assert.strictEqual(lines.waiting, 4)
    lines.push(bytes("\ne"))
    assert.strictEqual(lines.waiting, 1)
  })
})
