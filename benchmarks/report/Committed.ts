/** The runs whose documents are committed. */
import { readdirSync, readFileSync } from "node:fs"
import type { Document } from "./Json.ts"

/** Of ours, `ws` and the floor. */
export const committed = (): ReadonlyArray<Document> => documents(new URL("../results/", import.meta.url))

/** Of every arm that was installed. */
export const everyArm = (): Document => {
  const [document] = documents(new URL("../results/every-arm/", import.meta.url))
  if (document === undefined) throw new Error("there is no run of every arm")
  return document
}

const documents = (folder: URL): ReadonlyArray<Document> =>
  readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .sort()
    .map((name) => JSON.parse(readFileSync(new URL(name, folder), "utf8")) as Document)
