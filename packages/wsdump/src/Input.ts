/** What a line of the input is as a message, and what is sent before the first line. */
import * as Base64 from "effect/encoding/Base64"
import * as Hex from "effect/encoding/Hex"
import * as Result from "effect/Result"

/** As `--input` names them. */
export const kinds = ["text", "hex", "base64"] as const
export type Kind = (typeof kinds)[number]

export interface Outgoing {
  readonly kind: "text" | "binary"
  readonly bytes: Uint8Array
}

/** The message, or what is wrong with the line. Whether a text is UTF-8 is checked where it is sent. */
export const message = (line: Uint8Array, kind: Kind): Outgoing | string => {
  if (kind === "text") return { kind, bytes: line }
  const { decode, expected } = encodings[kind]
  const decoded = decode(new TextDecoder("latin1").decode(line).replaceAll(/\s/g, ""))
  return Result.isSuccess(decoded) ? { kind: "binary", bytes: decoded.success } : expected
}

const encodings = {
  hex: { decode: Hex.decode, expected: "it is no hex, two digits for each byte" },
  base64: { decode: Base64.decode, expected: "it is no base64" }
}

/** A line may be so long; what is longer would be held whole before it could be sent. */
export const maxLineBytes = 0x4000000
