/**
 * The code blocks of the documentation. A block of TypeScript names the file below `docs/` that it shows,
 *
 *     ```ts file=examples/first.ts
 *
 * and that file is what is type-checked, linted and run. A `text` block right behind it shows what it prints.
 */
import * as Fs from "node:fs"

export interface Block {
  /** Where it stands, such as `docs/errors.md:12`. */
  readonly place: string
  readonly language: string
  readonly file: string | undefined
  readonly text: string
  /** What the page says that it prints. */
  readonly output: string | undefined
}

/** From the repository's root. */
export const read = (path: string): string => Fs.readFileSync(new URL(path, root), "utf8")

/** The names of the files below a folder. */
export const list = (folder: string): ReadonlyArray<string> =>
  Fs.readdirSync(new URL(folder, root), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`.slice(root.pathname.length))

export const of = (page: string): ReadonlyArray<Block> => {
  const text = read(page)
  return [...text.matchAll(fenced)].map((match) => ({
    place: `${page}:${text.slice(0, match.index).split("\n").length}`,
    language: match[1]!,
    file: match[2],
    text: match[3]!,
    output: match[4]
  }))
}

const root = new URL("../..", import.meta.url)

const fenced = /^```(\w+)(?: file=(\S+))?\n(.*?)^```$(?:\n\n```text\n(.*?)^```$)?/gms

export const pages: ReadonlyArray<string> = [
  "README.md",
  "CONTRIBUTING.md",
  ...list("docs").filter((path) => path.endsWith(".md") && !path.includes("node_modules"))
]
