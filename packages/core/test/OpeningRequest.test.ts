import { assert, describe, it } from "@effect/vitest"
import * as OpeningRequest from "../src/OpeningRequest.ts"
import { key, latin1, nonce } from "./sample.ts"

const plain: OpeningRequest.Request = {
  uri: { secure: false, host: "server.example.com", port: 80, resourceName: "/chat" },
  nonce
}

const request = (options: Partial<OpeningRequest.Request>): string => {
  const bytes = OpeningRequest.request({ ...plain, ...options })
  assert(bytes instanceof Uint8Array)
  return latin1(bytes)
}

describe("the bytes of a request", () => {
  it("with nothing that was not asked for (RFC 6455 §1.3, §4.1)", () => {
    assert.strictEqual(
      request({}),
      "GET /chat HTTP/1.1\r\n" +
        "Host: server.example.com\r\n" +
        "Upgrade: websocket\r\n" +
        "Connection: Upgrade\r\n" +
        `Sec-WebSocket-Key: ${key}\r\n` +
        "Sec-WebSocket-Version: 13\r\n\r\n"
    )
  })

  it("with the platform's base64", () => {
    const encodeBase64 = (bytes: Uint8Array) => `base64 of ${latin1(bytes)}`
    assert.include(request({ encodeBase64 }), "\r\nSec-WebSocket-Key: base64 of the sample nonce\r\n")
  })

  it("with everything", () => {
    assert.strictEqual(
      request({
        uri: { secure: true, host: "::1", port: 8443, resourceName: "/chat?room=1" },
        host: "other.example:81",
        origin: "http://example.com",
        userAgent: "tests/1",
        subprotocols: ["chat", "superchat"],
        extensions: "permessage-deflate; client_max_window_bits",
        headers: [
          ["Authorization", "Bearer \xe4"],
          ["Cookie", ""],
          ["__proto__", "a"]
        ]
      }),
      "GET /chat?room=1 HTTP/1.1\r\n" +
        "Host: other.example:81\r\n" +
        "Upgrade: websocket\r\n" +
        "Connection: Upgrade\r\n" +
        `Sec-WebSocket-Key: ${key}\r\n` +
        "Sec-WebSocket-Version: 13\r\n" +
        "Sec-WebSocket-Protocol: chat, superchat\r\n" +
        "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n" +
        "Origin: http://example.com\r\n" +
        "User-Agent: tests/1\r\n" +
        "Authorization: Bearer \xe4\r\n" +
        "Cookie: \r\n" +
        "__proto__: a\r\n\r\n"
    )
  })

  it("the Host header names the port where it is not the scheme's own (§4.1, requirement 4)", () => {
    const uri = { ...plain.uri, host: "2001:db8::1" }
    assert.include(request({ uri: { ...uri, port: 443 } }), "\r\nHost: [2001:db8::1]:443\r\n")
    assert.include(request({ uri: { ...uri, port: 443, secure: true } }), "\r\nHost: [2001:db8::1]\r\n")
  })

  it("no subprotocols, no header", () => {
    assert.strictEqual(request({ subprotocols: [], headers: [] }), request({}))
  })
})

describe("what is not legal (S1, S2, attacks 11 and 12)", () => {
  const refuses = (
    what: string,
    field: OpeningRequest.InvalidRequest["field"],
    options: Partial<OpeningRequest.Request>
  ) =>
    it(`${field}: ${what}`, () => {
      const answer = OpeningRequest.request({ ...plain, ...options })
      assert(!(answer instanceof Uint8Array))
      assert.deepInclude(answer, { _tag: "InvalidRequest", field })
      assert.isNotEmpty(answer.problem)
      assert.isTrue(Object.isFrozen(answer))
    })

  const injections: Record<string, string> = {
    "CR LF and a header": "a\r\nX-Injected: b",
    LF: "a\nb",
    CR: "a\rb",
    "LF at the end": "a\n",
    NUL: "a\0",
    ESC: "a\x1b[2J",
    DEL: "a\x7f",
    "a character beyond latin-1": "a\u0100",
    "a character that a narrow cast would make LF": "a\u010a",
    "half a character": "a\ud83d"
  }
  for (const [what, text] of Object.entries(injections)) {
    refuses(what, "uri", { uri: { ...plain.uri, host: text } })
    refuses(what, "uri", { uri: { ...plain.uri, resourceName: `/${text}` } })
    refuses(what, "host", { host: text })
    refuses(what, "origin", { origin: text })
    refuses(what, "userAgent", { userAgent: text })
    refuses(what, "subprotocols", { subprotocols: ["chat", text] })
    refuses(what, "extensions", { extensions: text })
    refuses(`${what}, in a name`, "headers", { headers: [[text, "a"]] })
    refuses(`${what}, in a value`, "headers", { headers: [["X", text]] })
  }

  refuses("a blank (S2)", "uri", { uri: { ...plain.uri, resourceName: "/a HTTP/1.1" } })
  refuses("a port that is none", "uri", { uri: { ...plain.uri, port: 0 } })
  refuses("empty", "host", { host: "" })
  refuses("a path", "host", { host: "a/b" })
  refuses("too short", "nonce", { nonce: nonce.subarray(1) })
  refuses("too long", "nonce", { nonce: new Uint8Array(17) })
  refuses("empty", "subprotocols", { subprotocols: [""] })
  refuses("a list", "subprotocols", { subprotocols: ["a, b"] })
  refuses("the same twice (RFC 6455 §4.1, requirement 10)", "subprotocols", { subprotocols: ["a", "b", "a"] })
  refuses("an empty name", "headers", { headers: [["", "a"]] })
  refuses("a colon in a name", "headers", { headers: [["a:", "b"]] })
  refuses("a blank in a name", "headers", { headers: [["a ", "b"]] })
})

describe("headers beside the protocol's own", () => {
  const problem = (headers: OpeningRequest.Request["headers"], options: Partial<OpeningRequest.Request> = {}) => {
    const answer = OpeningRequest.request({ ...plain, ...options, headers })
    return answer instanceof Uint8Array ? undefined : answer.problem
  }

  const owned: ReadonlyArray<readonly [name: string, advice: string]> = [
    ["Host", "use the option host"],
    ["connection", "one legal value"],
    ["UPGRADE", "one legal value"],
    ["Keep-Alive", "use the option keepAlive"],
    ["Proxy-Connection", "one legal value"],
    ["Proxy-Authorization", "use the option proxy"],
    ["Content-Length", "no body"],
    ["Transfer-Encoding", "no body"],
    ["TE", "no body"],
    ["Trailer", "no body"],
    ["Expect", "no body"],
    ["Sec-WebSocket-Key", "each connection makes its own"],
    ["Sec-WebSocket-Version", "one legal value"],
    ["sec-websocket-protocol", "use the option subprotocols"],
    ["Sec-WebSocket-Extensions", "use the option compression"],
    ["Sec-WebSocket-Accept", "belongs to the protocol"],
    ["Sec-WebSocket-Anything", "belongs to the protocol"]
  ]
  for (const [name, advice] of owned) {
    it(`${name} is refused, with advice`, () => {
      const text = problem([[name, "secret"]])!
      assert.include(text, name)
      assert.include(text, advice)
      assert.notInclude(text, "secret")
    })
  }

  it("a name given twice, in any case", () => {
    assert.include(
      problem([
        ["Cookie", "a"],
        ["cookie", "b"]
      ])!,
      "given twice"
    )
    assert.include(problem([["Origin", "a"]], { origin: "b" })!, "given twice")
    assert.include(problem([["user-agent", "a"]], { userAgent: "b" })!, "given twice")
  })

  it("a name that an option could have set, where it did not", () => {
    assert.isUndefined(
      problem([
        ["Origin", "a"],
        ["User-Agent", "b"]
      ])
    )
  })

  it("Set-Cookie alone may come twice (RFC 9110 §5.3)", () => {
    assert.isUndefined(
      OpeningRequest.problemOf(
        [
          ["Set-Cookie", "a=b"],
          ["set-cookie", "c=d"]
        ],
        []
      )
    )
  })

  it("a value is never told: it may be a secret (S18)", () => {
    assert.notInclude(problem([["Authorization", "secret\n"]])!, "secret")
  })
})
