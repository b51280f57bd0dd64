/**
 * The secrets of TLS connections in a file, in the format that Wireshark reads (NSS key log). Only an option starts it;
 * the environment variable `SSLKEYLOGFILE` does nothing here. A tool to find mistakes with: it writes synchronously, so
 * that no line is lost when the program ends.
 */
import * as Effect from "effect/Effect"
import { TlsFailed, TransportError } from "../TransportError.ts"
import * as Builtin from "./Builtin.ts"

/** Takes a line for the file. A later failure of writing is answered, not thrown. */
export type Write = (line: Uint8Array) => TransportError | undefined

/** Creates the file if need be, for nobody else to read. */
export const open = (path: string): Effect.Effect<Write, TransportError> => {
  const write = (bytes: Uint8Array) => Builtin.fs().appendFileSync(path, bytes, { mode: 0o600 })
  return Effect.try({
    try: () => {
      write(nothing)
      return (line) => {
        try {
          return write(line) as undefined
        } catch (error) {
          return failed(error)
        }
      }
    },
    catch: (error) => failed(error)
  })
}

const failed = (error: unknown) => {
  const detail = `keylog: ${error instanceof Error ? error.message : String(error)}`
  return new TransportError({ reason: new TlsFailed({ problem: "key log", detail }) })
}

const nothing = new Uint8Array(0)
