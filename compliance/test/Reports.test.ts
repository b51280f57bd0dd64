import { assert, describe, it } from "@effect/vitest"
import type { Result } from "../casebook/Result.ts"
import * as AutobahnIndex from "../judge/AutobahnIndex.ts"
import * as Page from "../judge/Page.ts"
import * as Summary from "../judge/Summary.ts"

const result = (id: string, behavior: Result["behavior"], behaviorClose: Result["behaviorClose"] = "OK"): Result => ({
  id,
  agent: "a",
  does: "Sends <b>.",
  expects: "Nothing.",
  behavior,
  behaviorClose,
  result: "It came.",
  resultClose: "It ended.",
  duration: 12,
  remoteCloseCode: 1000,
  log: [{ at: 3, side: "<", text: "GET /<script>\u001b[31m HTTP/1.1" }]
})

const results = [
  result("1.1.1", "OK"),
  result("1.1.2", "OK", "WRONG CODE"),
  result("7.1.6", "INFORMATIONAL", "INFORMATIONAL"),
  result("H.1.1", "FAILED", "FAILED")
]

describe("Summary", () => {
  it("counts every case that can be OK, and ends in that line", () => {
    assert.deepEqual(Summary.strict(results), { count: 1, of: 3 })
    const lines = Summary.format(results).split("\n")
    assert.strictEqual(lines.at(-1), "1/3 strict")
    assert.isTrue(lines.some((line) => line.startsWith("1.1.2 ") && line.includes("OK / WRONG CODE")))
    assert.isTrue(lines.includes("informational: 7.1.6"))
  })
})

describe("AutobahnIndex", () => {
  it("has Autobahn's fields by agent and case", () => {
    assert.deepEqual(AutobahnIndex.make(results).a!["1.1.2"], {
      behavior: "OK",
      behaviorClose: "WRONG CODE",
      duration: 12,
      remoteCloseCode: 1000,
      reportfile: "index.html#1.1.2"
    })
  })
})

describe("Page", () => {
  const page = Page.render("a<b>", results, new Date(0))

  it("shows each case with its verdict and its wire log", () => {
    for (const { id } of results) assert.include(page, `<details id="${id}">`)
    assert.include(page, "<strong>1</strong> of 3 strict")
  })

  it("needs nothing from elsewhere, and takes no markup or terminal escape from a client", () => {
    assert.notMatch(page, /<(script|link|img|iframe)|src=|@import|url\(/)
    assert.include(page, "GET /&lt;script&gt;\ufffd[31m")
    assert.notInclude(page, "\u001b")
  })
})
