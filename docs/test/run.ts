/** Runs a file of `docs/` as a program of its own, or a line of a page in a shell, as a reader would. */
import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import * as Effect from "effect/Effect"

export interface Outcome {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

export const run = (file: string, ...args: ReadonlyArray<string>): Effect.Effect<Outcome> =>
  Effect.callback((resume) => {
    const path = fileURLToPath(new URL(`../${file}`, import.meta.url))
    const child = execFile(process.execPath, [source, path, ...args], (error, stdout, stderr) =>
      resume(Effect.succeed({ exitCode: error === null ? 0 : Number(error.code), stdout, stderr }))
    )
    return Effect.sync(() => child.kill())
  })

/** In the repository's root. */
export const shell = (command: string): Effect.Effect<Outcome> =>
  Effect.callback((resume) => {
    const cwd = fileURLToPath(new URL("../..", import.meta.url))
    const child = execFile("sh", ["-c", command], { cwd }, (error, stdout, stderr) =>
      resume(Effect.succeed({ exitCode: error === null ? 0 : Number(error.code), stdout, stderr }))
    )
    return Effect.sync(() => child.kill())
  })

const source = "--conditions=@effect-websocket/source"
