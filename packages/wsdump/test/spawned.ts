/** The command as a process of its own, run from its sources. */
import { type ChildProcess, spawn } from "node:child_process"
import { closeSync, openSync } from "node:fs"
import { fileURLToPath } from "node:url"
import * as Effect from "effect/Effect"

export interface Outcome {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Spawned {
  readonly process: ChildProcess
  /** What was printed and how it ended, once it has. */
  readonly outcome: Effect.Effect<Outcome>
}

export interface Options {
  /** The whole input, or what the shell would open for it. Default: it stays open. */
  readonly input?: string | Uint8Array | { readonly path: string }
  readonly env?: Record<string, string>
  /** Nobody reads its output: the test does it. */
  readonly unread?: boolean
}

/** Starts it; leaving the scope kills what is left. */
export const start = (args: ReadonlyArray<string>, { env, input, unread = false }: Options = {}) =>
  Effect.acquireRelease(
    Effect.sync((): Spawned => {
      const opened =
        input !== undefined && typeof input !== "string" && "path" in input ? openSync(input.path, "r") : undefined
      const child = spawn(process.execPath, [source, main, ...args], {
        env: { ...clean, ...env },
        stdio: [opened ?? "pipe", "pipe", "pipe"]
      })
      if (opened !== undefined) closeSync(opened)
      const printed = { stdout: "", stderr: "" }
      for (const name of ["stdout", "stderr"] as const) {
        if (name === "stdout" && unread) continue
        child[name]!.setEncoding("utf8").on("data", (text: string) => {
          printed[name] += text
        })
      }
      // It may be over before it has read its input.
      child.stdin?.on("error", () => {})
      if (input !== undefined) child.stdin?.end(input)
      const ended = new Promise<number | null>((resolve) => child.once("close", resolve))
      return {
        process: child,
        outcome: Effect.map(
          Effect.promise(() => ended),
          (exitCode) => ({ exitCode, ...printed })
        )
      }
    }),
    ({ process }) => Effect.sync(() => process.kill("SIGKILL"))
  )

/** Runs it to its end. */
export const run = (args: ReadonlyArray<string>, options: Options = { input: "" }) =>
  Effect.scoped(Effect.flatMap(start(args, options), ({ outcome }) => outcome))

const source = "--conditions=@effect-websocket/source"
const main = fileURLToPath(new URL("../src/main.ts", import.meta.url))

/** Without proxies, colours or certificates of whoever runs the tests. */
const clean = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) => !/proxy$|^(NO_COLOR|FORCE_COLOR|NODE_EXTRA_CA_CERTS|NODE_OPTIONS)$/i.test(name)
  )
)
