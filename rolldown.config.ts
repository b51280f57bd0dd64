/**
 * What is published of a package, run in its folder: one ESM file for each entry point or command, and one with what they
 * share, so that a class is never there twice. Node takes 0.3 to 0.5 ms to find and read a module, and there are 180.
 */
import { readFileSync } from "node:fs"
import { defineConfig } from "rolldown"

const { bin = {}, exports } = JSON.parse(readFileSync("package.json", "utf8"))

const built = [
  ...Object.values<Record<string, string>>(exports).flatMap(({ default: file }) => file ?? []),
  ...Object.values<string>(bin)
]

/** From the name of an entry's file in `dist` to its source. */
const input = Object.fromEntries(
  built.map((file) => file.replace(/^(?:\.\/)?dist\/|\.js$/g, "")).map((name) => [name, `src/${name}.ts`])
)

export default defineConfig({
  input,
  external: /^(?:effect|@effect|@effect-websocket)\//,
  platform: "node",
  output: {
    dir: "dist",
    format: "esm",
    // Without it, a class that is called as something imported bears another name in what a program prints.
    keepNames: true,
    // Else there would be one for each set of entry points that share something. The bundler's own few lines are another.
    codeSplitting: { groups: [{ name: "shared", minShareCount: 2 }] },
    chunkFileNames: "[name].js",
    // The sources are published too, with their comments.
    sourcemap: true,
    sourcemapExcludeSources: true,
    comments: { annotation: true, jsdoc: false, legal: true }
  }
})
