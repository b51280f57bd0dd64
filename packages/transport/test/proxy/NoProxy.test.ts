/** Which hosts an entry of no_proxy covers, as a table. */
import { assert, describe, it } from "@effect/vitest"
import * as NoProxy from "../../src/internal/proxy/NoProxy.ts"

/** `host` or `host|port`; the port is 443 by default. */
const target = (text: string) => {
  const [host, port = "443"] = text.split("|")
  return { host: host!, port: Number(port) }
}

const table: ReadonlyArray<readonly [entry: string, covers: ReadonlyArray<string>, not: ReadonlyArray<string>]> = [
  ["*", ["example.com", "192.0.2.1", "::1", "a|1"], []],
  // names
  [
    "example.com",
    ["example.com", "EXAMPLE.com", "example.com.", "example.com|80"],
    ["a.example.com", "notexample.com"]
  ],
  ["Example.COM.", ["example.com"], ["example.org"]],
  ["localhost", ["localhost"], ["a.localhost", "127.0.0.1"]],
  ["my_host-1", ["my_host-1"], ["my_host-12"]],
  ["b\u00fccher.test", ["xn--bcher-kva.test", "XN--bcher-kva.test."], ["bucher.test", "a.xn--bcher-kva.test"]],
  // suffixes
  [".B\u00dcCHER.test:8080", ["xn--bcher-kva.test|8080", "a.xn--bcher-kva.test|8080"], ["xn--bcher-kva.test|80"]],
  [
    ".example.com",
    ["a.example.com", "b.a.example.com", "A.Example.Com.", "example.com"],
    ["notexample.com", "example.com.org"]
  ],
  ["*.example.com", ["a.example.com", "b.a.example.com", "example.com"], ["notexample.com", "xexample.com"]],
  [".com", ["example.com"], ["examplecom", "com.example"]],
  // ports
  ["example.com:8080", ["example.com|8080"], ["example.com|443", "a.example.com|8080"]],
  [".example.com:8080", ["a.example.com|8080"], ["a.example.com|80", "notexample.com|8080"]],
  ["192.0.2.1:8080", ["192.0.2.1|8080"], ["192.0.2.1|80", "192.0.2.2|8080"]],
  ["[2001:db8::1]:8080", ["2001:db8::1|8080"], ["2001:db8::1|80"]],
  // addresses
  ["192.0.2.1", ["192.0.2.1", "::ffff:192.0.2.1", "192.0.2.1|80"], ["192.0.2.10", "192.0.2.1.example.com"]],
  ["2001:DB8:0::1", ["2001:db8::1", "2001:0db8:0:0:0:0:0:1"], ["2001:db8::2"]],
  ["[::1]", ["::1", "0:0:0:0:0:0:0:1"], ["::2", "127.0.0.1"]],
  ["::ffff:192.0.2.1", ["192.0.2.1"], ["192.0.2.2"]],
  // networks
  [
    "10.0.0.0/8",
    ["10.0.0.0", "10.255.255.255", "::ffff:10.1.2.3", "10.1.2.3|80"],
    ["11.0.0.0", "10.example.com", "::a00:1"]
  ],
  ["10.0.0.1/8", ["10.200.0.1"], ["11.0.0.1"]],
  ["192.0.2.128/25", ["192.0.2.128", "192.0.2.255"], ["192.0.2.127"]],
  ["0.0.0.0/0", ["192.0.2.1"], ["::1", "example.com"]],
  ["::ffff:0:0/96", ["192.0.2.1", "::ffff:192.0.2.1"], ["::1", "example.com"]],
  ["::ffff:127.0.0.0/104", ["127.0.0.1", "::ffff:127.0.0.1"], ["128.0.0.1", "::1"]],
  ["::ffff:192.0.2.1/128", ["192.0.2.1"], ["192.0.2.2"]],
  ["::/95", ["::1"], ["192.0.2.1"]],
  ["2001:db8::/32", ["2001:db8:ffff::1"], ["2001:db9::1", "192.0.2.1"]],
  ["fe80::/10", ["fe80::1", "febf::1", "fe80::1%eth0"], ["fec0::1", "fec0::1%eth0"]],
  ["fe80::1", ["fe80::1%eth0"], ["fe80::2%eth0"]]
]

describe("an entry covers", () => {
  for (const [entry, covers, not] of table) {
    it(entry, () => {
      for (const host of covers) assert.isTrue(NoProxy.covers([entry], target(host)), `${entry} covers ${host}`)
      for (const host of not) assert.isFalse(NoProxy.covers([entry], target(host)), `${entry} does not cover ${host}`)
    })
  }

  it("S23: .example.com covers whole labels only, so no stranger's name gets around the proxy", () => {
    assert.isFalse(NoProxy.covers([".example.com"], target("notexample.com")))
    assert.isFalse(NoProxy.covers([".example.com"], target("evil-example.com")))
    assert.isTrue(NoProxy.covers([".example.com"], target("not.example.com")))
  })

  it("a suffix covers names, not the addresses that end like it", () => {
    assert.isFalse(NoProxy.covers([".2.1", "*.2.1"], target("192.0.2.1")))
  })

  it("what one of them covers; nothing when there is none", () => {
    assert.isTrue(NoProxy.covers(["a.test", "b.test"], target("b.test")))
    assert.isFalse(NoProxy.covers(["a.test", "b.test"], target("c.test")))
    assert.isFalse(NoProxy.covers([], target("c.test")))
  })
})

describe("no entry, and covers nothing", () => {
  for (const entry of [
    "",
    ".",
    "*.",
    "**",
    "a*",
    "http://a.test",
    "a b",
    "a.test:",
    "a.test:x",
    "[::1",
    "[a]:1",
    "a/8",
    "\u00fc/a.test",
    "\u00fc%2ea.test",
    "*\u00fc",
    "10.0.0.0/33",
    "10.",
    "192.0.2",
    ".2.1",
    "*.192.0.2.1",
    "a.0x7f",
    ":80"
  ]) {
    it(JSON.stringify(entry), () => {
      assert.isUndefined(NoProxy.parse(entry))
      assert.isFalse(NoProxy.covers([entry], target("a.test")))
    })
  }
})

it("a variable holds entries between commas, blanks or both", () => {
  assert.deepStrictEqual(NoProxy.split(" a.test,b.test ,\tc.test  d.test,,"), ["a.test", "b.test", "c.test", "d.test"])
  assert.deepStrictEqual(NoProxy.split(""), [])
})

describe("loopback", () => {
  for (const host of [
    "localhost",
    "LOCALHOST.",
    "a.localhost",
    "127.0.0.1",
    "127.255.0.9",
    "::1",
    "::1%lo",
    "::ffff:127.0.0.1"
  ]) {
    it(host, () => assert.isTrue(NoProxy.isLoopback(host)))
  }
  for (const host of ["localhost.test", "notlocalhost", "128.0.0.1", "::2", "127.0.0.1.test", ""]) {
    it(`not ${host}`, () => assert.isFalse(NoProxy.isLoopback(host)))
  }
})
