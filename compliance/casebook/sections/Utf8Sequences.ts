/** Autobahn 6.5 to 6.23: one text each, valid (V) or invalid (I) UTF-8 in hex (RFC 3629, RFC 6455 §8.1). */
import { type Case, event, serverCloses } from "../Case.ts"
import * as Frame from "../Frame.ts"
import { invalidUtf8 } from "./Utf8.ts"

export const utf8Sequences = (): ReadonlyArray<Case> =>
  groups.flatMap(([section, does, sequences]) =>
    sequences
      .trim()
      .split(/\s+/)
      .map((sequence, index): Case => {
        const valid = sequence[0] === "V"
        const payload = Frame.hex(sequence.slice(1))
        return {
          id: `${section}.${index + 1}`,
          does: `${does}: ${sequence.slice(1)}.`,
          expects: valid ? "The same text." : "No echo; the client fails the connection with 1007.",
          steps: [{ write: Frame.frame(0x81, payload) }],
          expected: { OK: valid ? [event("text", payload)] : [] },
          close: valid ? serverCloses : invalidUtf8,
          timer: { kill: 0.5 }
        }
      })
  )

/** Every octet from `first` to `last`, each followed by the octets in `then`. */
const run = (first: number, last: number, then = ""): string =>
  Array.from({ length: last - first + 1 }, (_, index) => (first + index).toString(16) + then).join("")

const groups: ReadonlyArray<readonly [section: string, does: string, sequences: string]> = [
  [
    "6.5",
    "Valid sequences",
    `V68656c6c6f24776f726c64 V68656c6c6fc2a2776f726c64 V68656c6c6fe282ac776f726c64 V68656c6c6ff0a4ada2776f726c64
     Vcebae1bdb9cf83cebcceb5`
  ],
  [
    "6.6",
    "Prefix of κόσμε",
    `Ice Vceba Icebae1 Icebae1bd Vcebae1bdb9 Icebae1bdb9cf Vcebae1bdb9cf83 Icebae1bdb9cf83ce Vcebae1bdb9cf83cebc
     Icebae1bdb9cf83cebcce Vcebae1bdb9cf83cebcceb5`
  ],
  ["6.7", "First sequence of its length", "V00 Vc280 Ve0a080 Vf0908080"],
  ["6.8", "First sequence of 5 or 6 octets", "If888808080 Ifc8480808080"],
  ["6.9", "Last sequence of its length", "V7f Vdfbf Vefbfbf Vf48fbfbf"],
  ["6.10", "Last sequence of 4, 5 or 6 octets", "If7bfbfbf Ifbbfbfbfbf Ifdbfbfbfbfbf"],
  ["6.11", "Boundary", "Ved9fbf Vee8080 Vefbfbd Vf48fbfbf If4908080"],
  [
    "6.12",
    "Unexpected continuation octets",
    `I80 Ibf I80bf I80bf80 I80bf80bf I80bf80bf80 I80bf80bf80bf I${run(0x80, 0xbe)}`
  ],
  [
    "6.13",
    "Lonely start octets",
    `I${run(0xc0, 0xde, "20")} I${run(0xe0, 0xee, "20")} I${run(0xf0, 0xf6, "20")} If820f920fa20 Ifc20`
  ],
  [
    "6.14",
    "Last continuation octet missing",
    "Ic0 Ie080 If08080 If8808080 Ifc80808080 Idf Iefbf If7bfbf Ifbbfbfbf Ifdbfbfbfbf"
  ],
  ["6.15", "Incomplete sequences in a row", "Ic0e080f08080f8808080fc80808080dfefbff7bfbffbbfbfbffdbfbfbfbf"],
  ["6.16", "Impossible octets", "Ife Iff Ifefeffff"],
  ["6.17", "Overlong ASCII", "Ic0af Ie080af If08080af If8808080af Ifc80808080af"],
  ["6.18", "Longest overlong sequences", "Ic1bf Ie09fbf If08fbfbf If887bfbfbf Ifc83bfbfbfbf"],
  ["6.19", "Overlong NUL", "Ic080 Ie08080 If0808080 If880808080 Ifc8080808080"],
  ["6.20", "Single surrogates", "Ieda080 Iedadbf Iedae80 Iedafbf Iedb080 Iedbe80 Iedbfbf"],
  [
    "6.21",
    "Paired surrogates",
    `Ieda080edb080 Ieda080edbfbf Iedadbfedb080 Iedadbfedbfbf Iedae80edb080 Iedae80edbfbf Iedafbfedb080
     Iedafbfedbfbf`
  ],
  [
    "6.22",
    "Non-character",
    `Vefbfbe Vefbfbf Vf09fbfbe Vf09fbfbf Vf0afbfbe Vf0afbfbf Vf0bfbfbe Vf0bfbfbf Vf18fbfbe Vf18fbfbf Vf19fbfbe
     Vf19fbfbf Vf1afbfbe Vf1afbfbf Vf1bfbfbe Vf1bfbfbf Vf28fbfbe Vf28fbfbf Vf29fbfbe Vf29fbfbf Vf2afbfbe Vf2afbfbf
     Vf2bfbfbe Vf2bfbfbf Vf38fbfbe Vf38fbfbf Vf39fbfbe Vf39fbfbf Vf3afbfbe Vf3afbfbf Vf3bfbfbe Vf3bfbfbf Vf48fbfbe
     Vf48fbfbf`
  ],
  ["6.23", "Specials", "Vefbfb9 Vefbfba Vefbfbb Vefbfbc Vefbfbd Vefbfbe Vefbfbf"]
]
