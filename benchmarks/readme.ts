/** Writes the table of the README anew from the committed runs. */
import { readFileSync, writeFileSync } from "node:fs"
import { committed } from "./report/Committed.ts"
import * as Readme from "./report/Readme.ts"

const file = new URL("../README.md", import.meta.url)
const readme = readFileSync(file, "utf8")
const before = readme.slice(0, readme.indexOf(Readme.begin) + Readme.begin.length)
const after = readme.slice(readme.indexOf(Readme.end))
writeFileSync(file, `${before}\n${Readme.section(committed())}\n\n${after}`)
