import { assert, describe, it } from "@effect/vitest"
import * as HttpHeaders from "../src/HttpHeaders.ts"
import { countWork } from "./work.ts"

describe("HttpHeaders", () => {
  const headers: HttpHeaders.Headers = [
    ["Upgrade", "WebSocket"],
    ["A", " , b,\tc ,,"],
    ["Empty", ""],
    ["a", "D"],
    ["__proto__", "e"]
  ]

  it("all: every value, the name in any case", () => {
    assert.deepStrictEqual(HttpHeaders.all(headers, "A"), [" , b,\tc ,,", "D"])
    assert.deepStrictEqual(HttpHeaders.all(headers, "UPGRADE"), ["WebSocket"])
    assert.deepStrictEqual(HttpHeaders.all(headers, "absent"), [])
  })

  it("one: a value, none, or too many", () => {
    assert.strictEqual(HttpHeaders.one(headers, "upgrade"), "WebSocket")
    assert.strictEqual(HttpHeaders.one(headers, "empty"), "")
    assert.strictEqual(HttpHeaders.one(headers, "a"), HttpHeaders.repeated)
    assert.isUndefined(HttpHeaders.one(headers, "absent"))
  })

  it("list: elements over all headers of a name (RFC 9110 §5.3, §5.6.1)", () => {
    assert.deepStrictEqual(HttpHeaders.list(headers, "a"), ["b", "c", "D"])
    assert.deepStrictEqual(HttpHeaders.list(headers, "empty"), [])
    assert.deepStrictEqual(HttpHeaders.list(headers, "absent"), [])
  })

  it("hasToken: an element in any case", () => {
    assert.isTrue(HttpHeaders.hasToken(headers, "upgrade", "websocket"))
    assert.isTrue(HttpHeaders.hasToken(headers, "A", "d"))
    assert.isFalse(HttpHeaders.hasToken(headers, "upgrade", "socket"))
  })

  it("joined: one value of all", () => {
    assert.strictEqual(HttpHeaders.joined(headers, "a"), " , b,\tc ,,, D")
    assert.strictEqual(HttpHeaders.joined(headers, "empty"), "")
    assert.isUndefined(HttpHeaders.joined(headers, "absent"))
  })

  it("names that objects have are names like others (attack 10)", () => {
    assert.strictEqual(HttpHeaders.one(headers, "__proto__"), "e")
    for (const name of ["constructor", "toString", "hasOwnProperty", "length"]) {
      assert.isUndefined(HttpHeaders.one(headers, name))
    }
  })

  it("a list of nothing but commas and blanks takes linear work (attack 9)", () => {
    const work = (length: number) =>
      countWork(() => assert.deepStrictEqual(HttpHeaders.list([["A", ", \t".repeat(length)]], "a"), []))
    assert.isAtMost(work(4096), 2.1 * work(2048))
  })
})
