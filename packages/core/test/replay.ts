/**
 * Every way in which a network may cut the same bytes, for the byte tables: whole, byte by byte, and in two at every
 * place. What an incremental reader answers must not depend on it.
 *
 * Above 4 KiB only the cuts next to the places that the caller names (ends of headers and frames) are tried. Each time
 * the chunks are fresh copies, since readers may unmask in place.
 */
export const replay = (
  bytes: Uint8Array,
  run: (chunks: Array<Uint8Array>, how: string) => void,
  places: ReadonlyArray<number> = []
): void => {
  run([bytes.slice()], "whole")
  run(byteByByte(bytes), "byte by byte")
  const cuts = bytes.length <= longest ? bytes.keys() : nextTo(places)
  for (const cut of cuts) {
    if (cut > 0 && cut < bytes.length) run([bytes.slice(0, cut), bytes.slice(cut)], `cut at ${cut}`)
  }
}

export const byteByByte = (bytes: Uint8Array): Array<Uint8Array> => Array.from(bytes, (byte) => Uint8Array.of(byte))

const nextTo = (places: ReadonlyArray<number>): Set<number> =>
  new Set(places.flatMap((place) => [place - 2, place - 1, place, place + 1, place + 2]))

const longest = 0x1000
