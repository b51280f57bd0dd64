/** Makes text that a peer chose safe for a message or a log line. */

/** Control characters, line separators and bidirectional controls as `\u{..}`; cut after 200 characters. */
export const escapePeerText = (text: string): string => {
  const characters = [...text]
  const shown = characters
    .slice(0, maxShown)
    .map((character) => (unsafe.test(character) ? escaped(character) : character))
  return characters.length > maxShown ? `${shown.join("")}...` : shown.join("")
}

const escaped = (character: string) => `\\u{${character.codePointAt(0)!.toString(16)}}`

/** C0, DEL, C1, lone surrogates, line and paragraph separators, and the characters of Unicode's Bidi_Control. */
const unsafe = /[\p{Cc}\p{Cs}\u2028\u2029\p{Bidi_Control}]/u

const maxShown = 200
