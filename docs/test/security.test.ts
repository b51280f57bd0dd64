import { assert, describe, it } from "@effect/vitest"
import * as Blocks from "./Blocks.ts"

const numbers = Array.from({ length: 34 }, (_, i) => `S${i + 1}`)

const rows = new Map(
  [...Blocks.read("docs/security.md").matchAll(/^\| (S\d+) .*\| ([^|]+) \|$/gm)].map(([, id, files]) => [
    id!,
    [...files!.matchAll(/`([^`]+)`/g)].map(([, file]) => file!)
  ])
)

/** The numbers at the beginning of a test's title: `S7: ...`, `S6, S32: ...`. */
const titled = (file: string): ReadonlyArray<string> =>
  [...Blocks.read(file).matchAll(/["'`]((?:S\d+(?:, )?)+): /g)].flatMap(([, ids]) => ids!.split(", "))

describe("docs/security.md names every weakness, and tests that bear its number", () => {
  for (const id of numbers) {
    it(id, () => {
      const files = rows.get(id) ?? []
      assert.isNotEmpty(files)
      for (const file of files) assert.include(titled(file), id, file)
    })
  }

  it("and no other", () => assert.sameMembers([...rows.keys()], numbers))
})
