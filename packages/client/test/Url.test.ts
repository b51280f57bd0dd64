import { assert, describe, it } from "@effect/vitest"
import * as Url from "../src/internal/Url.ts"

const parsed = (input: string | URL) => {
  const url = Url.parse(input)
  if ("_tag" in url) throw new Error(url.message)
  return url
}

const problem = (input: string | URL) => {
  const url = Url.parse(input)
  if (!("_tag" in url)) throw new Error(`it parsed: ${JSON.stringify(url)}`)
  return url
}

describe("RFC 6455 §3", () => {
  const rows: ReadonlyArray<readonly [url: string, uri: ReturnType<typeof parsed>["uri"]]> = [
    ["ws://example.com", { secure: false, host: "example.com", port: 80, resourceName: "/" }],
    ["wss://example.com", { secure: true, host: "example.com", port: 443, resourceName: "/" }],
    [
      "ws://example.com:8080/chat?a=b&c",
      { secure: false, host: "example.com", port: 8080, resourceName: "/chat?a=b&c" }
    ],
    ["wss://example.com:80/", { secure: true, host: "example.com", port: 80, resourceName: "/" }],
    ["ws://example.com?q", { secure: false, host: "example.com", port: 80, resourceName: "/?q" }],
    ["ws://[::1]:9/", { secure: false, host: "::1", port: 9, resourceName: "/" }],
    ["WS://EXAMPLE.com/Path", { secure: false, host: "example.com", port: 80, resourceName: "/Path" }],
    [
      "ws://bücher.example/ü?ü",
      { secure: false, host: "xn--bcher-kva.example", port: 80, resourceName: "/%C3%BC?%C3%BC" }
    ],
    ["ws://example.com/a b", { secure: false, host: "example.com", port: 80, resourceName: "/a%20b" }],
    ["ws://127.1/", { secure: false, host: "127.0.0.1", port: 80, resourceName: "/" }]
  ]
  for (const [url, uri] of rows) it(url, () => assert.deepStrictEqual({ ...parsed(url).uri }, uri))

  it("a URL object", () => assert.strictEqual(parsed(new URL("ws://example.com/a")).uri.resourceName, "/a"))
})

describe("what cannot be dialled, and what to write instead", () => {
  const rows: ReadonlyArray<readonly [url: string, problem: RegExp]> = [
    ["", /write ws:/],
    ["example.com", /write ws:/],
    ["ws://", /write ws:/],
    ["ws://example.com:65536/", /write ws:/],
    ["ws://example.com:0/", /port/],
    ["http://example.com/", /http: is not ws: or wss:/],
    ["ws://user:secret@example.com/", /Authorization header/],
    ["ws://secret@example.com/", /Authorization header/],
    ["ws://example.com/#part", /no fragment/],
    ["ws://example.com/#", /no fragment/],
    ["ws://exa mple.com/", /write ws:/]
  ]
  for (const [url, expected] of rows) {
    it(JSON.stringify(url), () => {
      const invalid = problem(url)
      assert.strictEqual(invalid._tag, "InvalidUrl")
      assert.match(invalid.message, expected)
    })
  }
})

describe("what is shown of a URL", () => {
  const shown: ReadonlyArray<readonly [url: string, shown: string]> = [
    ["ws://example.com/chat?token=secret", "ws://example.com/chat"],
    ["wss://example.com:8443/chat", "wss://example.com:8443/chat"],
    ["WSS://Example.com", "wss://example.com/"],
    ["ws://[::1]:9/a", "ws://[::1]:9/a"],
    ["ws:\\\\example.com\\a?secret", "ws://example.com/a"]
  ]
  for (const [url, expected] of shown) it(url, () => assert.strictEqual(parsed(url).shown, expected))

  const hostile = [
    "ws://user:secret@example.com/",
    "ws://user:se/cret@example.com/",
    "ws://user:se?cret@example.com/",
    "ws://user:se#cret@example.com/",
    "ws:\\\\user:secret@example.com/",
    "ws:user:secret@example.com/",
    "ws:/user:secret@example.com/",
    " ws://user:secret@example.com/",
    "ws:/\t/user:secret@example.com/",
    "http://user:secret@example.com/",
    "http://example.com/?secret",
    "ws://exa mple.com/?secret",
    "ws://exa mple.com/#secret",
    "ws://exa mple.com/?mail=a@b&token=secret",
    "user:secret@example.com",
    "secret@example.com",
    "ws://example.com/?secret#",
    "ws://example.com/#secret"
  ]
  for (const url of hostile) {
    it(`no secret of ${JSON.stringify(url)}`, () => {
      const invalid = problem(url)
      assert.notMatch(invalid.message, /se.?cret|cret@/)
      assert.notMatch(invalid.url, /se.?cret|cret@/)
    })
  }

  it("control characters are escaped and a long URL is cut", () => {
    assert.notInclude(problem("ws://\u0007 example.com/").message, "\u0007")
    assert.isBelow(problem(`ws://exa mple/${"a".repeat(10_000)}`).message.length, 500)
  })
})
