/**
 * Writes the secrets of TLS connections to a file, in the format that Wireshark reads (NSS key log), for finding mistakes. Only
 * an option turns it on; the environment variable `SSLKEYLOGFILE` does nothing here. It writes synchronously, so that no line
 * is lost when the program ends.
 */
import * as Effect from "effect/Effect"
import { TlsFailed, TransportError } from "../TransportError.ts"
import * as Builtin from "./Builtin.ts"

/** Appends a line to the file. Returns an error instead of throwing it. */
export type Write = (line: Uint8Array) => TransportError | undefined

/** Creates the file if it does not exist, readable only by its owner. */
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
