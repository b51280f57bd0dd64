/**
 * Every test project. `npm test` runs those whose name bears no "long:", with core's coverage held at 100 %;
 * `npm run ci:long` runs the others, which need more time or Debian's packages.
 */
import { defineConfig } from "vitest/config"

const conditions = ["@effect-websocket/source"]

const project = (name: string, folder: string, tests = "test") => ({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  // A slow machine is no failure: nothing here is timed.
  test: { name, include: [`${folder}/${tests}/**/*.test.ts`], testTimeout: 60_000, hookTimeout: 60_000 }
})

/** What a session does, once more over byte streams that do not flow, but have to be pulled. */
const pulled = () => {
  const { test, ...rest } = project("client:pulled", "packages/client")
  const include = ["Interleavings", "KeptMessages", "Random", "Semantics*", "SendFragments"].map(
    (name) => `packages/client/test/${name}.test.ts`
  )
  return { ...rest, test: { ...test, include, env: { STREAMS_ARE_PULLED: "yes" } } }
}

const long = (name: string) => {
  const { test, ...rest } = project(`long:${name}`, "compliance", name)
  return { ...rest, test: { ...test, testTimeout: 600_000, hookTimeout: 120_000, fileParallelism: false } }
}

export default defineConfig({
  test: {
    projects: [
      project("core", "packages/core"),
      project("transport", "packages/transport"),
      project("client", "packages/client"),
      project("wsdump", "packages/wsdump"),
      pulled(),
      project("docs", "docs"),
      project("compliance", "compliance"),
      project("benchmarks", "benchmarks"),
      long("interop"),
      long("soak"),
      long("mirror"),
      long("pack")
    ],
    reporters: ["default", ["json", { outputFile: `.reports/${process.env.npm_lifecycle_event ?? "vitest"}.json` }]],
    coverage: {
      provider: "v8",
      include: ["packages/core/src/**"],
      reporter: ["text-summary"],
      thresholds: { branches: 100, functions: 100, lines: 100, statements: 100 }
    }
  }
})
