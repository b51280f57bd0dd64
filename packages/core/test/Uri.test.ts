import { assert, describe, it } from "@effect/vitest"
import * as Uri from "../src/Uri.ts"

const plain: Uri.Uri = { secure: false, host: "example.com", port: 80, resourceName: "/" }

describe("make", () => {
  const legal: ReadonlyArray<readonly [what: string, parts: Partial<Uri.Uri>]> = [
    ["a name", { host: "example.com" }],
    ["a name with sub-delimiters and escapes (RFC 3986 §3.2.2)", { host: "a_b-c~d!$&'()*+,;=%C3%A9" }],
    ["an IPv4 address", { host: "127.0.0.1" }],
    ["an IPv6 address without brackets", { host: "2001:db8::1" }],
    ["an IPv6 address with an IPv4 tail", { host: "::ffff:192.0.2.1" }],
    ["the lowest port", { port: 1 }],
    ["the highest port", { port: 65_535 }],
    ["a query (RFC 6455 §3)", { resourceName: "/chat?room=1&x=%23" }],
    ["an empty segment", { resourceName: "//a" }],
    ["all visible ASCII", { resourceName: "/!\"$%&'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~" }]
  ]
  for (const [what, parts] of legal) {
    it(`takes ${what}`, () => {
      const uri = Uri.make({ ...plain, ...parts })
      assert.deepStrictEqual<unknown>(uri, { ...plain, ...parts })
      assert.isTrue(Object.isFrozen(uri))
    })
  }

  const illegal: ReadonlyArray<readonly [what: string, part: Uri.InvalidUri["part"], parts: Partial<Uri.Uri>]> = [
    ["no host", "host", { host: "" }],
    ["a host with its port", "host", { host: "example.com:80" }],
    ["an address with its port", "host", { host: "10.0.0.1:80" }],
    ["an IPv6 address in brackets", "host", { host: "[::1]" }],
    ["an IPv6 zone", "host", { host: "fe80::1%eth0" }],
    ["userinfo", "host", { host: "user@example.com" }],
    ["a path in the host", "host", { host: "example.com/a" }],
    ["a blank in the host", "host", { host: "exam ple.com" }],
    ["CR LF in the host", "host", { host: "example.com\r\nX: y" }],
    ["LF behind the host", "host", { host: "example.com\n" }],
    ["a host that is not ASCII", "host", { host: "exämple.com" }],
    ["port 0", "port", { port: 0 }],
    ["port 65536", "port", { port: 65_536 }],
    ["a port that is not whole", "port", { port: 80.5 }],
    ["a port that is no number", "port", { port: Number.NaN }],
    ["no resource name", "resourceName", { resourceName: "" }],
    ["a resource name without its slash", "resourceName", { resourceName: "chat" }],
    ["a fragment (RFC 6455 §3)", "resourceName", { resourceName: "/chat#top" }],
    ["a blank: a second request line (S2)", "resourceName", { resourceName: "/a HTTP/1.1" }],
    ["CR LF in the resource name (S1)", "resourceName", { resourceName: "/a\r\nX: y" }],
    ["NUL", "resourceName", { resourceName: "/\0" }],
    ["DEL", "resourceName", { resourceName: "/\x7f" }],
    ["latin-1", "resourceName", { resourceName: "/é" }],
    ["a character beyond latin-1", "resourceName", { resourceName: "/☃" }]
  ]
  for (const [what, part, parts] of illegal) {
    it(`refuses ${what}`, () => {
      const uri = Uri.make({ ...plain, ...parts })
      assert.isTrue("_tag" in uri && uri._tag === "InvalidUri" && uri.part === part && uri.problem !== "")
      assert.isTrue(Object.isFrozen(uri))
    })
  }
})

describe("hostHeader and format (RFC 6455 §3, §4.1)", () => {
  const rows: ReadonlyArray<readonly [Partial<Uri.Uri>, host: string, text: string]> = [
    [{}, "example.com", "ws://example.com/"],
    [{ port: 443 }, "example.com:443", "ws://example.com:443/"],
    [{ secure: true, port: 443 }, "example.com", "wss://example.com/"],
    [{ secure: true, port: 80 }, "example.com:80", "wss://example.com:80/"],
    [{ host: "::1", resourceName: "/a?b" }, "[::1]", "ws://[::1]/a?b"],
    [{ host: "::1", port: 8080 }, "[::1]:8080", "ws://[::1]:8080/"]
  ]
  for (const [parts, host, text] of rows) {
    it(text, () => {
      const uri = { ...plain, ...parts }
      assert.strictEqual(Uri.hostHeader(uri), host)
      assert.strictEqual(Uri.format(uri), text)
      assert.isTrue(Uri.isHostHeader(host))
    })
  }
})

describe("isHostHeader", () => {
  for (const text of ["", ":80", "a:b", "a:123456", "::1", "[::1", "[g]", "a/b", "u@a", "a b", "a\r\nX: y", "ä"]) {
    it(`refuses ${JSON.stringify(text)}`, () => assert.isFalse(Uri.isHostHeader(text)))
  }
})
