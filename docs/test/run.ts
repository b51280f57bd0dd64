/** Runs a file of `docs/` as a program of its own, or a line of a page in a shell, as a reader would. */
import { type ChildProcess, execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import * as Effect from "effect/Effect"

export interface Outcome {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

export const run = (file: string, ...args: ReadonlyArray<string>): Effect.Effect<Outcome> =>
  outcome((done) => execFile(process.execPath, [source, path(file), ...args], done))

/** The same, and presses Ctrl-C once something was printed. */
export const runToCtrlC = (file: string, ...args: ReadonlyArray<string>): Effect.Effect<Outcome> =>
  outcome((done) => {
    const child = execFile(process.execPath, [source, path(file), ...args], done)
    child.stdout!.once("data", () => child.kill("SIGINT"))
    return child
  })

/** In the repository's root. */
export const shell = (command: string): Effect.Effect<Outcome> =>
  outcome((done) => execFile("sh", ["-c", command], { cwd: path("..") }, done))

const outcome = (start: (done: (error: Error | null, stdout: string, stderr: string) => void) => ChildProcess) =>
  Effect.callback<Outcome>((resume) => {
    const child = start((error, stdout, stderr) =>
      resume(
        Effect.succeed({ exitCode: error === null ? 0 : Number((error as { code?: unknown }).code), stdout, stderr })
      )
    )
    return Effect.sync(() => child.kill())
  })

const path = (file: string): string => fileURLToPath(new URL(`../${file}`, import.meta.url))

const source = "--conditions=@effect-websocket/source"
