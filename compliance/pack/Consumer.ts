/**
 * A program of somebody else: an empty project outside the repository, with the packages as npm would publish
 * them, and what the README's first program needs from the registry.
 */
import { createRequire } from "node:module"
import { fileURLToPath } from "node:url"
import { NodeServices } from "@effect/platform-node"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import { ChildProcess } from "effect/process"
import * as Stream from "effect/Stream"

export const repository = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "")

export interface Manifest {
  readonly name: string
  readonly version: string
  readonly exports: Record<string, string | Record<string, string>>
  readonly engines: { readonly node: string }
  readonly devDependencies: Record<string, string>
}

/** The parsed package.json of a folder. */
export const manifest = (folder: string): Manifest => createRequire(import.meta.url)(`${folder}/package.json`)

export const packages = ["core", "transport", "client", "wsdump"].map((name) =>
  manifest(`${repository}/packages/${name}`)
)

/** The oldest Node that the packages promise to run on. */
export const oldestNode = `${packages[0]!.engines.node.replace(">=", "")}.0`

/** Packs and installs, and gives the project's folder. The scope removes it. */
export const install = Effect.gen(function* () {
  const files = yield* FileSystem.FileSystem
  const folder = yield* files.makeTempDirectoryScoped({ prefix: "consumer-" })
  const tarballs: Record<string, string> = {}
  for (const { name } of packages) {
    const cwd = `${repository}/packages/${name.split("/")[1]}`
    const printed = yield* run("npm", ["pack", "--pack-destination", folder], { cwd })
    tarballs[name] = `file:${printed.trim().split("\n").at(-1)}`
  }
  const { devDependencies } = manifest(repository)
  const fromRegistry = ["effect", "@effect/platform-node", "typescript", "@types/node"]
  const project = {
    name: "consumer",
    private: true,
    type: "module",
    dependencies: {
      ...tarballs,
      ...Object.fromEntries(fromRegistry.map((name) => [name, devDependencies[name]])),
      node: oldestNode
    },
    allowScripts: { node: true }
  }
  yield* files.writeFileString(`${folder}/package.json`, JSON.stringify(project))
  yield* run("npm", ["install", "--no-audit", "--no-fund"], { cwd: folder })
  return folder
}).pipe(Effect.orDie, Effect.provide(NodeServices.layer))

/** Runs a program to its end, and gives what it printed. One that fails dies with all of that. */
export const run = Effect.fnUntraced(
  function* (command: string, args: ReadonlyArray<string>, options: { readonly cwd: string }) {
    const program = yield* ChildProcess.make(command, args, { ...options, extendEnv: true, env: independent })
    const [stdout, stderr, code] = yield* Effect.all(
      [
        Stream.mkString(Stream.decodeText(program.stdout)),
        Stream.mkString(Stream.decodeText(program.stderr)),
        program.exitCode
      ],
      { concurrency: "unbounded" }
    )
    if (code === 0) return stdout
    return yield* Effect.die(new Error(`${command} ${args.join(" ")}: exit code ${code}\n${stdout}${stderr}`))
  },
  Effect.scoped,
  Effect.orDie,
  Effect.provide(NodeServices.layer)
)

/** What an npm script tells its children would send npm back to this repository. */
const independent = Object.fromEntries(
  Object.keys(process.env)
    .filter((name) => /^(npm_(package|lifecycle)_|npm_config_local_prefix$|INIT_CWD$|NODE_OPTIONS$|VITEST)/.test(name))
    .map((name) => [name, undefined])
)
