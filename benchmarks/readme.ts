/** Writes the tables of the README and of docs/performance.md anew from the committed runs. */
import { readFileSync, writeFileSync } from "node:fs"
import { committed, everyArm } from "./report/Committed.ts"
import * as Peers from "./report/Peers.ts"
import * as Readme from "./report/Readme.ts"

const write = (path: string, { begin, end }: { begin: string; end: string }, section: string): void => {
  const file = new URL(path, import.meta.url)
  const text = readFileSync(file, "utf8")
  const before = text.slice(0, text.indexOf(begin) + begin.length)
  writeFileSync(file, `${before}\n${wrapped(section)}\n\n${text.slice(text.indexOf(end))}`)
}

/** Each paragraph in lines that are not too long, and each piece of code in one line. `npm run readme` formats the tables. */
const wrapped = (section: string): string =>
  section
    .split("\n\n")
    .map((part) => (part.startsWith("|") ? part : part.match(/`[^`]*`\S*|\S+/g)!.reduce(added)))
    .join("\n\n")

const added = (text: string, word: string): string =>
  `${text}${text.length - text.lastIndexOf("\n") + word.length > columns ? "\n" : " "}${word}`

/** As for all prose of the project. */
const columns = 128

write("../README.md", Readme, Readme.section(committed()))
write("../docs/performance.md", Peers, Peers.section(everyArm()))
