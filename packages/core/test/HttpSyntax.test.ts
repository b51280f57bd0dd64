import { assert, describe, it } from "@effect/vitest"
import * as HttpSyntax from "../src/HttpSyntax.ts"

describe("HttpSyntax", () => {
  it("isToken (RFC 9110 §5.6.2): which of all latin-1 characters, and not more", () => {
    const tokens = characters.filter(HttpSyntax.isToken).join("")
    assert.strictEqual(tokens, "!#$%&'*+-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ^_`abcdefghijklmnopqrstuvwxyz|~")
    assert.isTrue(HttpSyntax.isToken(tokens))
    for (const text of ["", "a b", "a\n", "\u212a", "a,b"]) assert.isFalse(HttpSyntax.isToken(text))
  })

  it("isFieldValue (RFC 9110 §5.5): latin-1 but C0 and DEL, and the tab", () => {
    const illegal = characters.filter((character) => !HttpSyntax.isFieldValue(character))
    const c0 = characters.slice(0, 0x20).filter((character) => character !== "\t")
    assert.deepStrictEqual(illegal, [...c0, "\x7f"])
    assert.isTrue(HttpSyntax.isFieldValue(""))
    for (const text of ["a\r\nb", "a\n", "\u0100", "\u{1f600}", "\ud800"]) assert.isFalse(HttpSyntax.isFieldValue(text))
  })

  const lines: ReadonlyArray<readonly [line: string, name: string, value: string | undefined]> = [
    ["A:b", "A", "b"],
    ["A-b: \t b:\tc \t", "A-b", "b:\tc"],
    ["A: \xe4", "A", "\xe4"],
    ["A: \t", "A", undefined],
    ["A:", "A", undefined]
  ]
  for (const [line, name, value] of lines) {
    it(`fieldLine (RFC 9112 §5): ${JSON.stringify(line)}`, () => {
      assert.deepStrictEqual(HttpSyntax.fieldLine.exec(line)?.slice(1), [name, value])
    })
  }

  it("fieldLine: no name, no token, no colon", () => {
    for (const line of ["", ":", ": b", "A", "A b: c", "A : b", "\xe4: b", " A: b"]) {
      assert.isNull(HttpSyntax.fieldLine.exec(line), line)
    }
  })

  const trimmed: ReadonlyArray<readonly [text: string, trimmed: string]> = [
    ["", ""],
    [" \t ", ""],
    ["a", "a"],
    ["\t a \tb \t", "a \tb"],
    ["\xa0a\r\n", "\xa0a\r\n"]
  ]
  for (const [text, expected] of trimmed) {
    it(`trim takes spaces and tabs, and nothing else: ${JSON.stringify(text)}`, () => {
      assert.strictEqual(HttpSyntax.trim(text), expected)
    })
  }

  it("isBlank: a space and a tab, inside of the text", () => {
    const places = [-1, 0, 1, 2, 3].filter((at) => HttpSyntax.isBlank(" \ta", at))
    assert.deepStrictEqual(places, [0, 1])
    assert.deepStrictEqual(
      characters.filter((character) => HttpSyntax.isBlank(character, 0)),
      ["\t", " "]
    )
  })
})

const characters = Array.from({ length: 0x100 }, (_, code) => String.fromCharCode(code))
