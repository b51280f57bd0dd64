/** The input of the process, and why there is none: Node reads a folder as an input that is empty. */
import { fstatSync } from "node:fs"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { systemError } from "effect/PlatformError"
import { Stdio } from "effect/Stdio"
import * as Stream from "effect/Stream"

export const layer = Layer.effect(
  Stdio,
  Effect.map(Stdio, (stdio): Stdio => (isFolder() ? { ...stdio, stdin: Stream.fail(folder) } : stdio))
)

const isFolder = () => {
  try {
    return fstatSync(0).isDirectory()
  } catch {
    // What cannot be looked at may still be read.
    return false
  }
}

const folder = systemError({
  module: "Stdio",
  method: "stdin",
  _tag: "BadResource",
  cause: new Error("EISDIR: it is a directory")
})
