/** The runs whose documents are committed. */
import { readdirSync, readFileSync } from "node:fs"
import type { Document } from "./Json.ts"

export const committed = (): ReadonlyArray<Document> =>
  readdirSync(results)
    .filter((name) => name.endsWith(".json"))
    .sort()
    .map((name) => JSON.parse(readFileSync(new URL(name, results), "utf8")) as Document)

const results = new URL("../results/", import.meta.url)
