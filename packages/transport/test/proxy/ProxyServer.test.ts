/** URLs of proxies: their parts, and what is wrong with those that are none, in words that hold no secret. */
import { assert, describe, it } from "@effect/vitest"
import * as Redacted from "effect/Redacted"
import * as ProxyServer from "../../src/internal/proxy/ProxyServer.ts"

const parse = (text: string) => {
  const server = ProxyServer.parse(text)
  if (typeof server === "string") return server
  const { credentials, host, port, scheme } = server
  return [scheme, host, port, ...(credentials ? Object.values(Redacted.value(credentials)) : [])]
}

describe("the parts of", () => {
  for (const [text, parts] of [
    ["http://proxy.test:3128", ["http", "proxy.test", 3128]],
    ["http://proxy.test:3128/", ["http", "proxy.test", 3128]],
    ["HTTP://PROXY.Test", ["http", "proxy.test", 80]],
    ["https://proxy.test", ["https", "proxy.test", 443]],
    ["socks4://proxy.test", ["socks4", "proxy.test", 1080]],
    ["socks4a://proxy.test", ["socks4a", "proxy.test", 1080]],
    ["socks5://PROXY.test", ["socks5", "proxy.test", 1080]],
    ["socks5h://proxy.test:80", ["socks5h", "proxy.test", 80]],
    ["http://192.0.2.1:3128", ["http", "192.0.2.1", 3128]],
    ["http://[2001:DB8::1]:3128", ["http", "2001:db8::1", 3128]],
    ["socks5://[::1]:1080", ["socks5", "::1", 1080]],
    ["socks5://b%C3%BCcher.test", ["socks5", "xn--bcher-kva.test", 1080]],
    ["socks5://bücher.test", ["socks5", "xn--bcher-kva.test", 1080]],
    ["http://bücher.test", ["http", "xn--bcher-kva.test", 80]],
    ["http://ann:s3cret@proxy.test", ["http", "proxy.test", 80, "ann", "s3cret"]],
    ["http://ann:p%40ss%3Aw%2Frd@proxy.test", ["http", "proxy.test", 80, "ann", "p@ss:w/rd"]],
    ["socks5://ann:Gr%C3%BC%C3%9Fe@proxy.test", ["socks5", "proxy.test", 1080, "ann", "Grüße"]],
    ["http://ann@proxy.test", ["http", "proxy.test", 80, "ann", ""]],
    ["socks4://ann@proxy.test", ["socks4", "proxy.test", 1080, "ann", ""]]
  ] as const) {
    it(text, () => assert.deepStrictEqual(parse(text), [...parts]))
  }
})

describe("no proxy's URL", () => {
  for (const [text, problem] of [
    ["", "scheme://user:password@host:port"],
    ["enviroment", "scheme://user:password@host:port"],
    ["proxy.test:3128", "scheme://user:password@host:port"],
    ["ann:s3cret@proxy.test:3128", "scheme://user:password@host:port"],
    ["http:proxy.test", "scheme://user:password@host:port"],
    ["http://", "scheme://user:password@host:port"],
    ["http://s3cret:@@:", "scheme://user:password@host:port"],
    ["http://proxy.test:70000", "scheme://user:password@host:port"],
    ["http://proxy.test:0", "between 1 and 65535"],
    ["ftp://s3cret@proxy.test", "one of http, https, socks4, socks4a, socks5, socks5h"],
    ["socks://s3cret@proxy.test", "one of http, https, socks4, socks4a, socks5, socks5h"],
    ["constructor://proxy.test", "one of http"],
    ["http://proxy.test/s3cret", "no path"],
    ["http://proxy.test?s3cret", "no path, query"],
    ["http://proxy.test#s3cret", "no path, query or fragment"],
    ["socks5://", "a proxy's host"],
    ["socks5://a%20b.test", "a proxy's host"],
    ["socks5://a%0d%0ab.test", "a proxy's host"],
    ["http://ann:s3cret%ff@proxy.test", "percent-encoded UTF-8"],
    ["http://ann:s3cret%0d%0a@proxy.test", "no control characters"],
    ["http://a%3Ab:s3cret@proxy.test", "no colon"],
    ["socks4://ann:s3cret@proxy.test", "no passwords"],
    ["socks5://ann@proxy.test", "1 to 255 octets"]
  ] as const) {
    it(JSON.stringify(text), () => {
      const found = parse(text)
      if (typeof found !== "string") return assert.fail(JSON.stringify(found))
      assert.include(found, problem)
      assert.notInclude(found, "s3cret")
    })
  }
})

it("is shown without credentials, IPv6 in brackets", () => {
  const shown = (text: string) => {
    const server = ProxyServer.parse(text)
    if (typeof server === "string") return assert.fail(server)
    assert.notInclude(JSON.stringify(server), "s3cret")
    return ProxyServer.format(server)
  }
  assert.strictEqual(shown("http://ann:s3cret@proxy.test"), "http://proxy.test:80")
  assert.strictEqual(shown("socks5h://ann:s3cret@[::1]"), "socks5h://[::1]:1080")
})
