/**
 * Debian's programs, run as peers: each lives in the scope that started it. One that is missing fails, and the failure
 * names the line that installs it.
 */
import { NodeServices } from "@effect/platform-node"
import * as Effect from "effect/Effect"
import { ChildProcess, type ChildProcessSpawner } from "effect/process"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"

export class Missing extends Schema.TaggedError<Missing>("compliance/interop/Missing")("Missing", {
  debianPackage: Schema.String,
  detail: Schema.String
}) {
  override get message() {
    return `This test needs Debian's ${this.debianPackage}: apt-get install ${this.debianPackage}\n${this.detail}`
  }
}

/** Starts a program of this package of Debian's. */
export const start: (
  debianPackage: string,
  command: string,
  args: ReadonlyArray<string>,
  options?: ChildProcess.CommandOptions
) => Effect.Effect<ChildProcessSpawner.ChildProcessHandle, Missing, Scope.Scope> = Effect.fnUntraced(function* (
  debianPackage,
  command,
  args,
  options = {}
) {
  return yield* ChildProcess.make(command, args, options).pipe(
    Effect.mapError(({ message }) => new Missing({ debianPackage, detail: message })),
    Effect.provide(NodeServices.layer)
  )
})

/** The first line that the program prints, which tells that it is ready. */
export const firstLine = Effect.fnUntraced(function* (
  debianPackage: string,
  program: ChildProcessSpawner.ChildProcessHandle
) {
  const lines = program.stdout.pipe(Stream.decodeText(), Stream.splitLines)
  const line = yield* Effect.orDie(Stream.runHead(lines))
  if (line._tag === "Some") return line.value
  const detail = yield* Effect.orDie(Stream.mkString(Stream.decodeText(program.stderr)))
  return yield* new Missing({ debianPackage, detail })
})
