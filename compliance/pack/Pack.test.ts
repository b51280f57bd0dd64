/**
 * What npm would publish, in the hands of somebody who installs it: it type-checks with nothing skipped, and the
 * README's first program and the command run on the oldest Node that is promised and on the current one.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { assert, describe, layer } from "@effect/vitest"
import { Server, ServerPeer } from "@effect-websocket/client/testing"
import * as Console from "effect/Console"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { install, manifest, oldestNode, packages, repository, run } from "./Consumer.ts"

class Consumer extends Context.Service<Consumer, { readonly folder: string }>()("compliance/pack/Consumer") {
  static readonly layer = Layer.effect(
    this,
    Effect.map(install, (folder) => {
      for (const [path, text] of Object.entries(programs)) {
        mkdirSync(dirname(join(folder, path)), { recursive: true })
        writeFileSync(join(folder, path), text)
      }
      return { folder }
    })
  )
}

/** Every TypeScript block of the READMEs but tests, which want a test runner: by the file that it names, or by a name for it. */
const programs: Record<string, string> = Object.fromEntries(
  ["README.md", ...packages.map(({ name }) => `packages/${name.split("/")[1]}/README.md`)].flatMap((page) =>
    [...readFileSync(join(repository, page), "utf8").matchAll(/^```ts(?: file=(?!test\/)(\S+))?\n(.*?)^```$/gms)].map(
      ([, file = `${page.replace(/\W/g, "-")}.ts`, text]) => [file, text!]
    )
  )
)

layer(Consumer.layer, { excludeTestServices: true, timeout: "6 minutes" })((it) => {
  describe("the tarballs", () => {
    for (const { name, version } of packages) {
      it.effect(`${name}: every export exists, built and as source; nothing stale, no TypeScript in what runs`, () =>
        Effect.gen(function* () {
          const root = join((yield* Consumer).folder, "node_modules", name)
          const installed = manifest(root)
          assert.strictEqual(installed.version, version)
          for (const [path, target] of Object.entries(installed.exports)) {
            const targets = typeof target === "string" ? { default: target } : target
            for (const [condition, file] of Object.entries(targets)) {
              assert.isTrue(existsSync(join(root, file)), `${path}, ${condition}: ${file}`)
            }
          }
          for (const file of ["LICENSE", "README.md"]) assert.isTrue(existsSync(join(root, file)), file)

          const built = readdirSync(join(root, "dist"), { encoding: "utf8", recursive: true })
          const scripts = built.filter((file) => file.endsWith(".js"))
          const sources = scripts.flatMap((file) => {
            const path = join(root, "dist", file)
            assert.notMatch(readFileSync(path, "utf8"), /(?:from|import\() ?"\.[^"]*\.ts"/, file)
            // The bundler's own lines have no source.
            if (file === "rolldown-runtime.js") return []
            const map: { readonly sources: ReadonlyArray<string> } = JSON.parse(readFileSync(`${path}.map`, "utf8"))
            return map.sources.map((source) => join(dirname(path), source))
          })
          for (const source of sources) assert.isTrue(existsSync(source), source)
          assert.strictEqual(new Set(sources).size, sources.length, "a module is there twice")
          yield* Console.log(`${name} ${version}: ${built.length} built files, ${scripts.length} of them run`)
        })
      )
    }

    it.effect("declarations refer to groups of options, and so keep what is said about each option", () =>
      Effect.gen(function* () {
        const root = join((yield* Consumer).folder, "node_modules/@effect-websocket/client/dist")
        for (const [file, options] of [
          ["Options.d.ts", ["onlyWhenIdle", "serverName", "attemptDelay", "noDelay", "trustedOrigins", "payloadBytes"]],
          ["ClientOptions.d.ts", ["onlyWhenIdle", "serverName", "whileDisconnected"]]
        ] as const) {
          const text = readFileSync(join(root, file), "utf8")
          for (const option of options) assert.notInclude(text, `readonly ${option}: `, file)
        }
      })
    )

    it.effect("there is one copy of effect, and one of each package", () =>
      Effect.gen(function* () {
        const { folder } = yield* Consumer
        const copies = readdirSync(join(folder, "node_modules"), { encoding: "utf8", recursive: true })
        for (const name of ["effect", ...packages.map(({ name }) => name)]) {
          const found = copies.filter((path) => `/${path}`.endsWith(`/${name}/package.json`))
          assert.deepStrictEqual(found, [`${name}/package.json`])
        }
      })
    )
  })

  describe("a program of somebody else", () => {
    for (const [module, moduleResolution] of [
      ["nodenext", "nodenext"],
      ["esnext", "bundler"]
    ] as const) {
      it.effect(`type-checks with ${moduleResolution}, nothing skipped`, () =>
        Effect.gen(function* () {
          const { folder } = yield* Consumer
          const compilerOptions = {
            ...{ module, moduleResolution, target: "es2024", types: ["node"], skipLibCheck: false },
            ...{ strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, noEmit: true }
          }
          writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["**/*.ts"] }))
          yield* run(join(folder, "node_modules/.bin/tsc"), ["-p", "."], { cwd: folder })
          yield* Console.log(`${moduleResolution}: ${Object.keys(programs).join(", ")} type-check`)
        })
      )
    }

    it.effect("is bundled for Node, into one file that runs by itself", () =>
      Effect.gen(function* () {
        const { folder } = yield* Consumer
        const { url } = yield* Server.serve(ServerPeer.echo)
        const bundler = join(repository, "node_modules/.bin/rolldown")
        yield* run(bundler, ["examples/first.ts", "--platform", "node", "--file", "bundled/first.mjs"], { cwd: folder })
        assert.deepStrictEqual(readdirSync(join(folder, "bundled")), ["first.mjs"])
        assert.strictEqual(yield* run(process.execPath, ["bundled/first.mjs", url], { cwd: folder }), "hello\n")
      })
    )

    for (const [node, binary] of [
      [oldestNode, (folder: string) => join(folder, "node_modules/node/bin/node")],
      [process.versions.node, () => process.execPath]
    ] as const) {
      it.effect(`runs the README's first program on Node ${node}`, () =>
        Effect.gen(function* () {
          const { folder } = yield* Consumer
          const { url } = yield* Server.serve(ServerPeer.echo)
          const version = yield* run(binary(folder), ["--version"], { cwd: folder })
          assert.strictEqual(version.trim(), `v${node}`)
          const printed = yield* run(binary(folder), ["examples/first.ts", `${url}/echo`], { cwd: folder })
          assert.strictEqual(printed, "hello\n")
          yield* Console.log(`Node ${node}: examples/first.ts printed ${JSON.stringify(printed)}`)
        })
      )

      it.effect(`runs the command on Node ${node}`, () =>
        Effect.gen(function* () {
          const { folder } = yield* Consumer
          const { url } = yield* Server.serve(ServerPeer.echo)
          const wsdump = (...args: ReadonlyArray<string>) =>
            run(binary(folder), ["node_modules/.bin/wsdump", ...args], { cwd: folder })
          assert.include(yield* wsdump("--help"), "wsdump [flags] <url>")
          assert.strictEqual(yield* wsdump("--text", "hello", "--count", "1", url), "hello\n")
          yield* Console.log(`Node ${node}: wsdump ${(yield* wsdump("--version")).trim()}`)
        })
      )

      it.effect(`loads every entry on Node ${node}, by import and by require`, () =>
        Effect.gen(function* () {
          const { folder } = yield* Consumer
          const entries = packages.flatMap(({ exports, name }) =>
            Object.keys(exports)
              .filter((path) => path !== "./package.json")
              .map((path) => name + path.slice(1))
          )
          for (const [type, load] of [
            ["module", "await import"],
            ["commonjs", "require"]
          ] as const) {
            const script = `for (const entry of ${JSON.stringify(entries)}) {
              const names = Object.keys(${load}(entry))
              if (names.length === 0) throw new Error(entry + " is empty")
              console.log(entry, names.length)
            }`
            const printed = yield* run(binary(folder), [`--input-type=${type}`, "--eval", script], { cwd: folder })
            assert.strictEqual(printed.trim().split("\n").length, entries.length)
            yield* Console.log(`Node ${node}, ${load}:\n${printed.trim()}`)
          }
        })
      )
    }
  })
})
