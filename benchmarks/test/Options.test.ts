import { resolve } from "node:path"
import process from "node:process"
import { assert, describe, it } from "@effect/vitest"
import * as Options from "../plan/Options.ts"

const parse = (...args: ReadonlyArray<string>): Options.Options => {
  const options = Options.parse(args)
  if (typeof options === "string") throw new Error(options)
  return options
}

describe("Options", () => {
  it("by default every row has seven rounds, without the peers that need an installation", () => {
    const { rounds, arms, rows } = parse()
    assert.strictEqual(rounds, 7)
    assert.deepStrictEqual(
      arms.map(({ name }) => name),
      ["ours", "ws", "ws-js", "undici", "effect", "raw"]
    )
    assert.isAbove(rows.length, 40)
  })

  it("the Stream without a client takes part only when it is named, even with --all", () => {
    const names = (...args: ReadonlyArray<string>) => parse(...args).arms.map(({ name }) => name)
    assert.notInclude(names("--all"), "stream")
    assert.deepStrictEqual(names("--arms", "ours,ws,stream"), ["ours", "ws", "stream"])
  })

  it("--quick has fewer rows, arms and rounds", () => {
    const { rounds, arms, rows } = parse("--quick")
    assert.deepStrictEqual([rounds, arms.map(({ name }) => name), rows.length], [3, ["ours", "ws", "raw"], 8])
  })

  it("--only and --sizes choose rows, recv is receive", () => {
    const rows = parse("--only", "recv,send", "--sizes", "16,65536").rows
    assert.deepStrictEqual([...new Set(rows.map(({ workload }) => workload.group))], ["receive", "send"])
    assert.deepStrictEqual([...new Set(rows.map(({ size }) => size))], [16, 65536])
  })

  it("--json is a file where the command was given", () => {
    assert.strictEqual(parse("--json", "results.json").json, resolve(process.env.INIT_CWD ?? ".", "results.json"))
    assert.isUndefined(parse().json)
  })

  it.each([
    ["--only nothing-has-this-name", "no workload has such a name and size"],
    ["--arms ws,nobody", "there is no arm named nobody"],
    ["--rounds 0", "--rounds and --seconds take positive numbers"],
    ["--rounds many", "--rounds and --seconds take positive numbers"],
    ["--json /nowhere/results.json", "--json /nowhere/results.json: there is no folder /nowhere"]
  ])("refuses %s", (line, answer) => {
    assert.strictEqual(Options.parse(line.split(" ")), answer)
  })

  it("refuses an unknown option by its name", () => {
    assert.include(Options.parse(["--fast"]) as string, "--fast")
  })
})
