/** Every test project. `npm test` runs them all; core's branch coverage is held at 100 %. */
import { defineConfig } from "vitest/config"

const conditions = ["@effect-websocket/source"]

const project = (name: string, folder: string) => ({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: { name, root: folder, include: ["test/**/*.test.ts"], sequence: { concurrent: false } }
})

export default defineConfig({
  test: {
    projects: [
      project("core", "packages/core"),
      project("transport", "packages/transport"),
      project("client", "packages/client"),
      project("docs", "docs"),
      project("compliance", "compliance"),
      project("benchmarks", "benchmarks")
    ],
    coverage: {
      provider: "v8",
      include: ["packages/core/src/**"],
      reporter: ["text-summary"],
      thresholds: { branches: 100, functions: 100, lines: 100, statements: 100 }
    }
  }
})
