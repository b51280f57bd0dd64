/** Writes the table of the README anew from the runs in `results/`. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import type { Document } from "./report/Json.ts"
import * as Readme from "./report/Readme.ts"

const at = (path: string) => new URL(path, import.meta.url)

const documents = readdirSync(at("results/"))
  .filter((name) => name.endsWith(".json"))
  .sort()
  .map((name) => JSON.parse(readFileSync(at(`results/${name}`), "utf8")) as Document)
const readme = readFileSync(at("../README.md"), "utf8")
const [before, , after] = readme.split(/(?<=<!-- npm run bench: begin -->\n)|(?=<!-- npm run bench: end -->)/)
writeFileSync(at("../README.md"), `${before}\n${Readme.section(documents)}\n\n${after}`)
