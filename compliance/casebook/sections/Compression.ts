/** Autobahn 12 and 13: permessage-deflate with different payloads and different parameters (RFC 7692). */
import { type Agreement, type Case, type Offers, type Outgoing, serverCloses } from "../Case.ts"
import * as Files from "../payloads/Files.ts"

export const compression = (): ReadonlyArray<Case> => [
  ...payloads.flatMap(([section, does, file]) =>
    sizes.map((size, index) => bulk(`${section}.${index + 1}`, does, file, size, asOffered))
  ),
  ...answers.flatMap(([section, does, agree]) =>
    sizes.map((size, index) => bulk(`${section}.${index + 1}`, does, json, size, agree))
  )
]

const bulk = (
  id: string,
  does: string,
  file: () => Files.File,
  { fragmentOctets, length, limit }: Size,
  agree: (offers: Offers) => Agreement | undefined
): Case => ({
  id,
  does: `${does}: messages of ${length}${fragmentOctets > 0 ? `, fragmented at ${fragmentOctets} octets` : ""}.`,
  expects: `Every echo with the same octets within ${limit} s.`,
  steps: [],
  exchange: { messages: (count) => slide(file(), length, count), compare: "octets", fragmentOctets, limit },
  expected: { OK: [] },
  close: serverCloses,
  timer: { close: limit },
  agree
})

/** A window that slides over the file and wraps at its end. */
const slide = function* (file: Files.File, length: number, count: number): Iterable<Outgoing> {
  const units = file.starts.length - 1
  for (let index = 0, position = 0; index < count; index++, position = (position + length) % units) {
    yield { kind: file.kind, payload: Files.window(file, position, length) }
  }
}

interface Size {
  readonly length: number
  readonly fragmentOctets: number
  readonly limit: number
}

const sizes: ReadonlyArray<Size> = [
  { length: 16, fragmentOctets: 0, limit: 60 },
  { length: 64, fragmentOctets: 0, limit: 60 },
  { length: 256, fragmentOctets: 0, limit: 120 },
  { length: 1024, fragmentOctets: 0, limit: 240 },
  ...[4096, 8192, 16384, 32768, 65536, 131072].map((length) => ({ length, fragmentOctets: 0, limit: 480 })),
  ...[8192, 16384, 32768, 65536, 131072].map((length) => ({ length, fragmentOctets: 256, limit: 480 })),
  ...[1024, 4096, 32768].map((fragmentOctets) => ({ length: 131072, fragmentOctets, limit: 480 }))
]

/** Each file is made when the first case needs it, once. */
const once = (make: () => Files.File): (() => Files.File) => {
  let made: Files.File | undefined
  return () => {
    made ??= make()
    return made
  }
}

const json = once(Files.json)

/** The first offer as it is: what it asks of the server is granted, nothing is asked of the client. */
const asOffered = (offers: Offers): Agreement | undefined => {
  const offer = offers[0]
  if (offer === undefined) return undefined
  const bits = offer.get("server_max_window_bits")
  const fresh = offer.has("server_no_context_takeover")
  return {
    answer: [
      "permessage-deflate",
      ...(fresh ? ["server_no_context_takeover"] : []),
      ...(bits === undefined ? [] : [`server_max_window_bits=${bits}`])
    ].join("; "),
    serverNoContextTakeover: fresh,
    ...(bits !== undefined && { serverMaxWindowBits: Number(bits) })
  }
}

/** The first offer that allows it, with these demands on the client. */
const asking =
  (fresh: boolean, bits?: number) =>
  (offers: Offers): Agreement | undefined => {
    const offer = offers.find((offer) => bits === undefined || offer.has("client_max_window_bits"))
    const granted = offer && asOffered([offer])
    if (granted === undefined) return undefined
    const demands = [
      ...(fresh ? ["client_no_context_takeover"] : []),
      ...(bits === undefined ? [] : [`client_max_window_bits=${bits}`])
    ]
    return {
      ...granted,
      answer: [granted.answer, ...demands].join("; "),
      clientNoContextTakeover: fresh,
      ...(bits !== undefined && { clientMaxWindowBits: bits })
    }
  }

const payloads: ReadonlyArray<readonly [section: string, does: string, file: () => Files.File]> = [
  ["12.1", "JSON as text", json],
  ["12.2", "Grey bitmap as binary", once(Files.bitmap)],
  ["12.3", "Prose as binary", once(Files.prose)],
  ["12.4", "HTML as text", once(Files.html)],
  ["12.5", "Hardly compressible octets as binary", once(Files.pdf)]
]

const answers: ReadonlyArray<readonly [string, string, (offers: Offers) => Agreement | undefined]> = [
  ["13.1", "Nothing asked of the client", asking(false)],
  ["13.2", "client_no_context_takeover", asking(true)],
  ["13.3", "client_max_window_bits=9", asking(false, 9)],
  ["13.4", "client_max_window_bits=15", asking(false, 15)],
  ["13.5", "client_no_context_takeover, client_max_window_bits=9", asking(true, 9)],
  ["13.6", "client_no_context_takeover, client_max_window_bits=15", asking(true, 15)],
  ["13.7", "The first possible of three answers", (offers) => asking(true, 9)(offers) ?? asking(true)(offers)]
]
