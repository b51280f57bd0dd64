import { assert, describe, it } from "@effect/vitest"
import { Row } from "../src/internal/Row.ts"

const item = (name: string) => ({ messages: [name], bytes: name.length })

const names = (row: Row<ReturnType<typeof item>>) => row.all.map(({ messages }) => messages[0])

describe("Row", () => {
  it("gives items in the order they came; one that was taken can be put back in front", () => {
    const row = new Row(["a", "bb", "ccc"].map(item))
    assert.deepStrictEqual([row.length, row.messages, row.bytes], [3, 3, 6])
    const first = row.shift()!
    assert.deepStrictEqual([row.length, row.messages, row.bytes], [2, 2, 5])
    row.unshift(first)
    row.push(item("d"))
    assert.deepStrictEqual(names(row), ["a", "bb", "ccc", "d"])
    assert.deepStrictEqual([row.length, row.messages, row.bytes], [4, 4, 7])
  })

  it("an item can be put in front although none was taken", () => {
    const row = new Row([item("b")])
    row.unshift(item("a"))
    assert.deepStrictEqual(names(row), ["a", "b"])
  })

  it("without items there is no first, and nothing to take", () => {
    const row = new Row([item("a")])
    row.shift()
    assert.isUndefined(row.first)
    assert.isUndefined(row.shift())
    assert.deepStrictEqual([row.length, row.messages, row.bytes], [0, 0, 0])
  })

  it("keeps order like an array, whatever comes and goes", () => {
    const row = new Row<ReturnType<typeof item>>()
    const array: Array<string> = []
    let seed = 1
    for (let i = 0; i < 10_000; i++) {
      seed = Math.imul(seed, 1103515245) + 12345
      if ((seed >>> 16) % 5 < 3) {
        row.push(item(String(i)))
        array.push(String(i))
      } else assert.strictEqual(row.shift()?.messages[0], array.shift())
    }
    assert.deepStrictEqual(names(row), array)
  })
})
