/**
 * Every file of core is covered completely by its own test file alone: `src/Foo.ts` by `test/Foo.test.ts`, branches,
 * functions, lines and statements, with no help from the tests of others. `index.ts` only passes names on.
 */
import { execFile } from "node:child_process"
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { createRequire } from "node:module"
import { availableParallelism, tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"

const repository = fileURLToPath(new URL("../..", import.meta.url))
const core = join(repository, "packages/core")
const files = readdirSync(join(core, "src"), { encoding: "utf8", recursive: true }).filter(
  (file) => file.endsWith(".ts") && file !== "index.ts"
)

describe.concurrent("core", () => {
  for (const file of files) {
    const test = file.replace(/\.ts$/, ".test.ts")
    it.live(`${file} is covered by ${test} alone`, () =>
      Effect.gen(function* () {
        assert.isTrue(existsSync(join(core, "test", test)), `packages/core/test/${test} does not exist`)
        const { figures, output, passed } = yield* oneForEachCore.withPermit(cover(file, test))
        assert.isTrue(passed, output)
        assert.deepStrictEqual(figures, { lines: 100, statements: 100, functions: 100, branches: 100 })
      })
    )
  }
})

const oneForEachCore = Semaphore.makeUnsafe(availableParallelism())

interface Outcome {
  readonly passed: boolean
  readonly output: string
  /** Percentages; empty when the file was not looked at. */
  readonly figures: Record<string, number>
}

/** A run of vitest with that one test file, in which only that one source file is looked at. */
const cover = (file: string, test: string) =>
  Effect.acquireUseRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "mirror-"))),
    (reports) =>
      Effect.callback<Outcome>((resume) => {
        const vitest = join(dirname(createRequire(import.meta.url).resolve("vitest/package.json")), "vitest.mjs")
        const args = ["run", "--config", "vitest.workspace.ts", "--project", "core", `packages/core/test/${test}`]
        const coverage = [
          "--coverage",
          `--coverage.include=packages/core/src/${file}`,
          `--coverage.reportsDirectory=${reports}`,
          "--coverage.reporter=text",
          "--coverage.reporter=json-summary"
        ]
        const child = execFile(
          process.execPath,
          [vitest, ...args, ...coverage, "--reporter=default", "--no-color"],
          { cwd: repository },
          (error, stdout, stderr) =>
            resume(
              Effect.succeed({ passed: error === null, output: stdout + stderr, figures: figuresOf(reports, file) })
            )
        )
        return Effect.sync(() => child.kill())
      }),
    (reports) => Effect.sync(() => rmSync(reports, { recursive: true, force: true }))
  )

const figuresOf = (reports: string, file: string): Record<string, number> => {
  const summary = join(reports, "coverage-summary.json")
  if (!existsSync(summary)) return {}
  const files: Record<string, Record<string, { readonly pct: number }>> = JSON.parse(readFileSync(summary, "utf8"))
  const figures = files[join(core, "src", file)] ?? {}
  return Object.fromEntries(Object.entries(figures).map(([kind, { pct }]) => [kind, pct]))
}
