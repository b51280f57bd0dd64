import { assert, describe, it } from "@effect/vitest"
import * as Blocks from "./Blocks.ts"

const typescript = Blocks.pages.flatMap(Blocks.of).filter(({ language }) => language === "ts")

describe("every TypeScript block of the documentation is a file that is checked and run", () => {
  for (const { file, place, text } of typescript) {
    it(`${place} shows ${file}`, () => {
      assert.isDefined(file, "write ```ts file=...")
      assert.strictEqual(text, Blocks.read(`docs/${file}`))
    })
  }

  it("every example is shown", () => {
    const shown = typescript.map(({ file }) => `docs/${file}`)
    assert.sameMembers(shown, [...Blocks.list("docs/examples"), ...Blocks.list("docs/test/recipes")])
  })
})

describe("links", () => {
  for (const page of Blocks.pages) {
    it(`${page} links to files and headings that exist`, () => {
      const text = Blocks.read(page)
      const links = [...text.matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)/g)]
      for (const [link, path, heading] of links) {
        const target = path === "" ? page : new URL(path!, `file:///${page}`).pathname.slice(1)
        const headings = [...Blocks.read(target).matchAll(/^#+ (.*)$/gm)].map(([, title]) => slug(title!))
        if (heading !== undefined) assert.include(headings, heading, link)
      }
    })
  }
})

/** How GitHub makes a heading's anchor. */
const slug = (title: string): string =>
  title
    .toLowerCase()
    .replace(/[^\w\- ]/g, "")
    .replaceAll(" ", "-")
