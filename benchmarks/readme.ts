/** Writes the tables of the README and of docs/performance.md anew from the committed runs. */
import { readFileSync, writeFileSync } from "node:fs"
import { committed, everyArm } from "./report/Committed.ts"
import * as Peers from "./report/Peers.ts"
import * as Readme from "./report/Readme.ts"

const write = (path: string, { begin, end }: { begin: string; end: string }, section: string): void => {
  const file = new URL(path, import.meta.url)
  const text = readFileSync(file, "utf8")
  const before = text.slice(0, text.indexOf(begin) + begin.length)
  writeFileSync(file, `${before}\n${section}\n\n${text.slice(text.indexOf(end))}`)
}

write("../README.md", Readme, Readme.section(committed()))
write("../docs/performance.md", Peers, Peers.section(everyArm()))
