import { assert, describe, it } from "@effect/vitest"
import { escapePeerText } from "@effect-websocket/transport"

describe("escapePeerText", () => {
  for (const [text, shown] of [
    ["plain text, h\u00e9llo \u4e16\u754c \u{1F30D}", "plain text, h\u00e9llo \u4e16\u754c \u{1F30D}"],
    ["line\r\nbreak\tand\0", "line\\u{d}\\u{a}break\\u{9}and\\u{0}"],
    ["\x1b[0m\x7f\x9b", "\\u{1b}[0m\\u{7f}\\u{9b}"],
    ["\u2028\u2029", "\\u{2028}\\u{2029}"],
    ["\u202eabc\u2066\u200f", "\\u{202e}abc\\u{2066}\\u{200f}"],
    ["\ud800", "\\u{d800}"]
  ] as const) {
    it(JSON.stringify(text), () => assert.strictEqual(escapePeerText(text), shown))
  }

  it("is cut after 200 characters", () => {
    assert.strictEqual(escapePeerText("\u{1F30D}".repeat(200)), "\u{1F30D}".repeat(200))
    assert.strictEqual(escapePeerText("a".repeat(201)), `${"a".repeat(200)}...`)
  })
})
