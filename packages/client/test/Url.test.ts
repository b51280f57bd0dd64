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

describe("unix sockets, as ws and Bun write them", () => {
  const rows: ReadonlyArray<readonly [url: string, socketPath: string, resourceName: string, shown?: string]> = [
    ["ws+unix:/run/app.sock", "/run/app.sock", "/"],
    ["ws+unix:/run/app.sock:/chat?a=b", "/run/app.sock", "/chat?a=b", "ws+unix:/run/app.sock:/chat"],
    ["ws+unix:/run/app.sock?token=secret", "/run/app.sock", "/?token=secret", "ws+unix:/run/app.sock"],
    ["ws+unix:///run/app.sock:/a:b", "/run/app.sock", "/a:b", "ws+unix:/run/app.sock:/a:b"],
    ["ws+unix:./app.sock:/a", "./app.sock", "/a"],
    ["ws+unix:/run/my%20app%3A1@x.sock:/", "/run/my app:1@x.sock", "/"],
    ["ws+unix:%00abstract:/a", "\0abstract", "/a"],
    // Dots in a resource name lead to no other socket.
    [
      "ws+unix:/run/app.sock:/../docker.sock:/a",
      "/run/app.sock",
      "/docker.sock:/a",
      "ws+unix:/run/app.sock:/docker.sock:/a"
    ],
    ["ws+unix:/run/app.sock:/a/%2E%2e/b?c", "/run/app.sock", "/b?c", "ws+unix:/run/app.sock:/b"],
    ["ws+unix:/run/app.sock:\n\\..\\b", "/run/app.sock", "/b", "ws+unix:/run/app.sock:/b"],
    ["ws+unix:///run/../run/app.sock:/../b", "/run/app.sock", "/b", "ws+unix:/run/app.sock:/b"],
    ["ws+unix:./app.sock:/../a b", "./app.sock", "/a%20b", "ws+unix:./app.sock:/a%20b"]
  ]
  for (const [url, socketPath, resourceName, shown] of rows) {
    it(url, () => {
      const { place, shown: seen, uri } = parsed(url)
      assert.deepStrictEqual(place, { host: "localhost", port: 80, socketPath })
      assert.deepStrictEqual({ ...uri }, { secure: false, host: "localhost", port: 80, resourceName })
      assert.strictEqual(seen, shown ?? url)
    })
  }

  it("under TLS", () => {
    const { place, uri } = parsed("wss+unix:/run/app.sock:/a")
    assert.deepStrictEqual(place, { host: "localhost", port: 443, socketPath: "/run/app.sock" })
    assert.isTrue(uri.secure)
  })

  for (const url of [
    "ws+unix:",
    "ws+unix://server/run/app.sock",
    "ws+unix:%00",
    "ws+unix:/run/a%00b",
    "ws+unix:/run/%zz",
    "ws+unix:/run/app.sock:chat",
    "ws+unix:/run/app.sock:chat/../../docker.sock",
    "ws+unix:/run/app.sock:\ud800/../../docker.sock"
  ]) {
    it(`cannot be dialled: ${url}`, () => assert.match(problem(url).message, /ws\+unix:\/path|resourceName/))
  }

  it("no secret is shown of one with a host", () =>
    assert.notMatch(problem("ws+unix://user:secret@server/run/app.sock?secret").message, /secret/))
})

describe("names and addresses", () => {
  it("the zone of an address is for the connection, not for the server (RFC 6874 §4)", () => {
    const { place, shown, uri } = parsed("ws://[FE80::1%25eth0]:81/a")
    assert.deepStrictEqual(place, { host: "fe80::1%eth0", port: 81 })
    assert.strictEqual(uri.host, "fe80::1")
    assert.strictEqual(shown, "ws://[fe80::1%25eth0]:81/a")
  })

  it("a zone that is not written as RFC 6874 says is refused, and its credentials are not shown", () => {
    for (const url of ["ws://[fe80::1%eth0]/", "ws://[fe80::1%25]/", "ws://[fe80::1%25a/b]/"]) problem(url)
    assert.notMatch(problem("ws://user:secret@[fe80::1%eth0]/").message, /secret/)
    assert.strictEqual(parsed("ws://user:secret@[fe80::1%25eth0]/").shown, "ws://[fe80::1%25eth0]/")
  })

  it("a trailing dot is part of the name", () => {
    const { place, uri } = parsed("ws://example.com./")
    assert.deepStrictEqual([place.host, uri.host], ["example.com.", "example.com."])
  })

  it("a name in any script is its ASCII form", () =>
    assert.strictEqual(parsed("ws://日本語.example/").place.host, "xn--wgv71a119e.example"))
})

describe("what cannot be dialled, and what to write instead", () => {
  const rows: ReadonlyArray<readonly [url: string, problem: RegExp]> = [
    ["", /write ws:/],
    ["example.com", /write ws:/],
    ["ws://", /write ws:/],
    ["ws://example.com:65536/", /write ws:/],
    ["ws://example.com:0/", /port/],
    ["http://example.com/", /http: is not ws: or wss:/],
    ["ws://user%3Aname:secret@example.com/", /colon.*headers/],
    ["ws://us%FFer:secret@example.com/", /percent-encoded UTF-8.*headers/],
    ["ws://user:sec%0D%0Aret@example.com/", /control character.*headers/],
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
    "ws://us%FFer:secret@example.com/",
    "ws://user:secret%00@example.com/",
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
    it(`S18: no secret of ${JSON.stringify(url)}`, () => {
      const answer = Url.parse(url)
      const told = "_tag" in answer ? `${answer.message} ${answer.url}` : JSON.stringify(answer)
      assert.notMatch(told, /se.?cret|cret@/)
    })
  }

  it("control characters are escaped and a long URL is cut", () => {
    assert.notInclude(problem("ws://\u0007 example.com/").message, "\u0007")
    assert.isBelow(problem(`ws://exa mple/${"a".repeat(10_000)}`).message.length, 500)
  })
})

describe("origins", () => {
  const rows: ReadonlyArray<readonly [text: string, origin: string | undefined]> = [
    ["wss://example.com", "wss://example.com"],
    ["WSS://Example.COM:443/", "wss://example.com"],
    ["https://example.com", "wss://example.com"],
    ["http://[::1]:8080", "ws://[::1]:8080"],
    ["wss://example.com/path", undefined],
    ["wss://example.com/?query", undefined],
    ["wss://user@example.com", undefined],
    ["example.com", undefined],
    ["ftp://example.com", undefined]
  ]
  for (const [text, origin] of rows) it(text, () => assert.strictEqual(Url.parseOrigin(text), origin))
})

describe("the last URL of a transport is not parsed again", () => {
  it("unless it changes; each transport has its own", () => {
    const [one, other] = [{}, {}]
    const url = Url.parseFor(one, "ws://a.test/?token=1")
    assert.deepStrictEqual(url, Url.parse("ws://a.test/?token=1"))
    assert.strictEqual(Url.parseFor(one, new URL("ws://a.test/?token=1")), url)
    assert.notStrictEqual(Url.parseFor(other, "ws://a.test/?token=1"), url)
    assert.deepStrictEqual(Url.parseFor(one, "ws://a.test/?token=2"), Url.parse("ws://a.test/?token=2"))
    assert.deepStrictEqual(Url.parseFor(one, "ws://a.test/?token=1"), url)
  })

  it("what cannot be dialled is an error of its own each time", () => {
    const transport = {}
    const first = Url.parseFor(transport, "http://a.test/")
    assert.strictEqual((first as { _tag?: string })._tag, "InvalidUrl")
    assert.notStrictEqual(Url.parseFor(transport, "http://a.test/"), first)
  })
})
