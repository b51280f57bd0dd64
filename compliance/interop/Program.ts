/**
 * Debian's programs, run as peers: each lives in the scope that started it. One that is missing fails, and the failure
 * names the line that installs it.
 */
import { NodeServices } from "@effect/platform-node"
import { Transport } from "@effect-websocket/transport"
import * as Effect from "effect/Effect"
import { ChildProcess, type ChildProcessSpawner } from "effect/process"
import * as Schedule from "effect/Schedule"
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

/** Starts a program, and waits until it listens on this port of 127.0.0.1. */
export const listening = Effect.fnUntraced(function* (
  debianPackage: string,
  command: string,
  args: ReadonlyArray<string>,
  port: number
) {
  const program = yield* start(debianPackage, command, args, { stdout: "ignore" })
  const reached = Transport.use(({ open }) => Effect.scoped(open({ host: "127.0.0.1", port, report: () => {} }))).pipe(
    Effect.retry(Schedule.spaced("20 millis")),
    Effect.provide(Transport.layer)
  )
  const ended = Effect.flatMap(
    Effect.orDie(Stream.mkString(Stream.decodeText(program.stderr))),
    (detail) => new Missing({ debianPackage, detail })
  )
  yield* Effect.raceFirst(reached, ended)
})
