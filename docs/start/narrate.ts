/** How `npm start` tells its story: a title for each part, then a line for each step, in two columns. */
import * as Console from "effect/Console"
import * as Duration from "effect/Duration"

export const part = (title: string) => Console.log(`\n${title}`)

/** What happened, and what there is to know about it. Long texts go on in further lines of the second column. */
export const step = (what: string, text: string) =>
  Console.log([...text.matchAll(line)].map(([line], i) => `  ${(i === 0 ? what : "").padEnd(width)}${line}`).join("\n"))

export const milliseconds = (duration: Duration.Duration): string => `${Duration.toMillis(duration).toFixed(1)} ms`

/** The first column. */
const width = 13

/** As many words as fit in the second. */
const line = /\S.{0,85}(?=\s|$)/g
