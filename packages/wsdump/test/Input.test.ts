import { assert, describe, it } from "@effect/vitest"
import * as Input from "../src/Input.ts"

const line = (text: string) => new TextEncoder().encode(text)
const binary = (...bytes: ReadonlyArray<number>) => ({ kind: "binary", bytes: Uint8Array.from(bytes) })

const table: ReadonlyArray<readonly [Input.Kind, string, ReturnType<typeof binary> | RegExp]> = [
  ["hex", "", binary()],
  ["hex", "00ff41", binary(0, 255, 0x41)],
  ["hex", "00 FF 41 ", binary(0, 255, 0x41)],
  ["hex", "0", /no hex/],
  ["hex", "zz", /no hex/],
  ["base64", "AP9B", binary(0, 255, 0x41)],
  ["base64", "AP8=", binary(0, 255)],
  ["base64", "\u001b[2J", /no base64/]
]

describe("a line as a message", () => {
  for (const [kind, text, expected] of table) {
    it(`${kind}: ${JSON.stringify(text)}`, () => {
      const message = Input.message(line(text), kind)
      if (expected instanceof RegExp) assert.match(String(message), expected)
      else assert.deepStrictEqual(message, expected as Input.Outgoing)
    })
  }

  it("text: the bytes as they are, legal or not: the client looks at them", () => {
    const bytes = Uint8Array.of(0x61, 0xff)
    assert.deepStrictEqual(Input.message(bytes, "text"), { kind: "text", bytes })
  })
})
