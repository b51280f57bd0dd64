import { assert, describe, it } from "@effect/vitest"
import * as Extensions from "../src/Extensions.ts"
import { Random, seed } from "./random.ts"
import { countWork } from "./work.ts"

/** An extension in brief: its name, then its parameters. */
const brief = (extensions: ReadonlyArray<Extensions.Extension> | undefined) =>
  extensions?.map(({ name, parameters }) => [name, ...parameters])

describe("Extensions: legal headers (RFC 6455 §9.1)", () => {
  type Brief = ReturnType<typeof brief>
  const table: ReadonlyArray<readonly [what: string, header: string, extensions: Brief]> = [
    ["one extension", "a", [["a"]]],
    ["every character of a token", "a!#$%&'*+-.^_`|~9Z", [["a!#$%&'*+-.^_`|~9Z"]]],
    ["a parameter without a value", "a; b", [["a", ["b", undefined]]]],
    ["a parameter with one", "a; b=c", [["a", ["b", "c"]]]],
    ["parameters in order, the same name twice", "a;b=1;c;b=2", [["a", ["b", "1"], ["c", undefined], ["b", "2"]]]],
    ["extensions in order, the same name twice", "a;b,c,a", [["a", ["b", undefined]], ["c"], ["a"]]],
    ["blanks around everything (RFC 2616 §2.1)", " \ta ;\tb = c\t, d ", [["a", ["b", "c"]], ["d"]]],
    ["a quoted value", 'a; b="c"', [["a", ["b", "c"]]]],
    ["escapes in quotes", 'a; b="\\c\\d"', [["a", ["b", "cd"]]]],
    [
      "quotes beside quotes",
      'a; b="c"; d="e", f; g="h"',
      [
        ["a", ["b", "c"], ["d", "e"]],
        ["f", ["g", "h"]]
      ]
    ],
    [
      "names that objects have",
      "__proto__; constructor=hasOwnProperty",
      [["__proto__", ["constructor", "hasOwnProperty"]]]
    ],
    ["an empty element in front (RFC 9110 §5.6.1.2)", ", a", [["a"]]],
    ["empty elements anywhere", ",, a , ,\t,b,", [["a"], ["b"]]]
  ]
  for (const [what, header, extensions] of table) {
    it(what, () => assert.deepStrictEqual(brief(Extensions.parse(header)), extensions))
  }
})

describe("Extensions: illegal headers", () => {
  for (const [what, header] of [
    ["nothing", ""],
    ["blanks", " \t "],
    ["only empty elements", ", ,"],
    ["no name", ";"],
    ["no name, but a parameter", "; a"],
    ["an empty parameter", "a;"],
    ["an empty parameter among others", "a;;b"],
    ["a second extension without a name", "a, ;b"],
    ["a name of two words", "a b"],
    ["a name with a slash", "a/2"],
    ["a name beyond ASCII", "\xe4"],
    ["a quoted name", '"a"'],
    ["a parameter without a name", "a; =b"],
    ["a parameter of two words", "a; b c"],
    ["a value of two words", "a; b=c d"],
    ["no value", "a; b="],
    ["an empty quoted value", 'a; b=""'],
    ["a blank in quotes", 'a; b="c d"'],
    ["a semicolon in quotes: no token", 'a; b="c;d"'],
    ["a comma in quotes: no token", 'a; b="c,d"'],
    ["an escaped quote: no token", 'a; b="c\\"d"'],
    ["an escaped backslash: no token", 'a; b="c\\\\"'],
    ["a quote that is not closed", 'a; b="c'],
    ["a quote that an escape keeps open", 'a; b="c\\"'],
    ["a quote that ends with a backslash", 'a; b="c\\'],
    ["a quote that hides the rest", 'a; b="c, d; e=f'],
    ["text behind a quote", 'a; b="c"d'],
    ["two quotes", 'a; b="c""d"'],
    ["a quote inside of a token", 'a; b=c"d"'],
    ["two equals signs", "a; b=c=d"],
    ["a name with a value", "a=b"],
    ["a control character", "a; b=\x01"],
    ["another separator", "a: b"]
  ] as const) {
    it(what, () => assert.isUndefined(Extensions.parse(header)))
  }
})

describe("Extensions: written", () => {
  it("names, and parameters with and without a value", () => {
    const parameters = [["b", undefined] as const, ["c", "1"] as const]
    assert.strictEqual(Extensions.format({ name: "a", parameters }), "a; b; c=1")
    assert.strictEqual(Extensions.format({ name: "a", parameters: [] }), "a")
  })

  it(`what is written is read (seed ${seed})`, () => {
    const random = new Random()
    const token = () => Array.from({ length: 1 + random.int(5) }, () => random.pick([..."aZ0-_~"])).join("")
    for (let round = 0; round < 200; round++) {
      const extensions = Array.from({ length: 1 + random.int(4) }, () => ({
        name: token(),
        parameters: Array.from(
          { length: random.int(4) },
          () => [token(), random.chance(2) ? token() : undefined] as const
        )
      }))
      assert.deepStrictEqual(Extensions.parse(extensions.map(Extensions.format).join(", ")), extensions)
    }
  })
})

describe("Extensions: the work is linear (attack 9)", () => {
  for (const [what, header] of [
    ["many extensions", (n: number) => "a,".repeat(n / 2)],
    ["many parameters", (n: number) => "a;".repeat(n / 2)],
    ["empty elements", (n: number) => ",".repeat(n)],
    ["blanks", (n: number) => `a${" ".repeat(n)}`],
    ["blanks between words", (n: number) => "a ".repeat(n / 2)],
    ["one long name", (n: number) => "a".repeat(n)],
    ["one long quoted value", (n: number) => `a; b="${"c".repeat(n)}"`],
    ["escapes", (n: number) => `a; b="${"\\c".repeat(n / 2)}"`],
    ["a quote that is never closed", (n: number) => `a; b="${"\\".repeat(n)}`],
    ["many quotes", (n: number) => `a${'; b="c"'.repeat(n / 7)}`],
    ["equals signs", (n: number) => `a; ${"=".repeat(n)}`]
  ] as const) {
    it(what, () => {
      const work = (n: number) => countWork(() => Extensions.parse(header(n)))
      assert.isAtMost(work(16_000), 2.1 * work(8000))
      assert.isAtMost(work(16_000), 16 * 16_000)
    })
  }
})
