import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { joined } from "../src/Arguments.ts"
import * as Server from "./server.ts"
import { run } from "./spawned.ts"

const table: ReadonlyArray<readonly [args: string, joined: string]> = [
  ["url -t text", "url -t=text"],
  ["url -t -dash --text --dash", "url -t=-dash --text=--dash"],
  ["-t -- -t - url", "-t=-- -t=- url"],
  ["-thello -t-h -tt url", "-t=hello -t=-h -t=t url"],
  ["-t=a --text=b -c=1 url", "-t=a --text=b -c=1 url"],
  ["-jc 1 -vjc2 -jc=3", "-jc=1 -vjc=2 -jc=3"],
  ["-H A:=b", "-H=A:=b"],
  ["-j --json --no-compression -1 - url", "-j --json --no-compression -1 - url"],
  ["-j -- -t url", "-j -- -t url"],
  ["url -t", "url -t"],
  ["url --text", "url --text"],
  ["--textual a --tex b", "--textual a --tex b"]
]

describe("the arguments", () => {
  for (const [args, expected] of table) {
    it(`${args}: ${expected}`, () => assert.deepStrictEqual(joined(args.split(" ")), expected.split(" ")))
  }

  it("an empty value and line feeds are values as well", () =>
    assert.deepStrictEqual(joined(["-t", "", "-t\na", "--text", "a\nb"]), ["-t=", "-t=\na", "--text=a\nb"]))

  it.live("it knows every option of --help that takes a value, and no other", () =>
    Effect.gen(function* () {
      const { stdout } = yield* run(["--help"])
      const options = [...stdout.matchAll(/^ {2}(-[^\s,]+(?:, -[^\s,]+)*)( \S+)?/gm)]
      assert.isAbove(options.length, 20)
      for (const [, names, value] of options) {
        for (const name of names!.split(", ")) {
          const isValued = joined([name, "x"]).length === 1
          assert.strictEqual(isValued, value !== undefined, name)
        }
      }
    })
  )

  it.live("a text may begin with a dash, and no letter of it is the help", () =>
    Effect.gen(function* () {
      const server = yield* Server.start(Server.echo)
      const outcome = yield* run([server.url, "-t", "-dash", "-thello", "-c", "2"])
      assert.deepStrictEqual(outcome, { exitCode: 0, stdout: "-dash\nhello\n", stderr: "" })
    })
  )
})
