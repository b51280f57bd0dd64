import { assert, describe, it } from "@effect/vitest"
import { encode, type Headers } from "../src/HttpHead.ts"
import * as OpeningHandshake from "../src/OpeningHandshake.ts"
import * as OpeningResponse from "../src/OpeningResponse.ts"
import { read, requested } from "./openingRequests.ts"
import { accept, latin1, sha1 } from "./sample.ts"

describe("accept", () => {
  it("the bytes of RFC 6455 §1.3", () => {
    const bytes = OpeningResponse.accept(requested({ More: "Sec-WebSocket-Protocol: chat, superchat\r\n" }), {
      subprotocol: "chat",
      sha1
    })
    assert.strictEqual(
      latin1(bytes as Uint8Array),
      "HTTP/1.1 101 Switching Protocols\r\n" +
        "Upgrade: websocket\r\n" +
        "Connection: Upgrade\r\n" +
        `Sec-WebSocket-Accept: ${accept}\r\n` +
        "Sec-WebSocket-Protocol: chat\r\n\r\n"
    )
  })

  it("is what a client accepts", () => {
    const nonce = new Uint8Array(16).map((_, i) => i * 13)
    const offer = { nonce, subprotocols: ["a", "b"], extensions: "permessage-deflate" }
    const uri = { secure: false, host: "::1", port: 8080, resourceName: "/a?b" }
    const bytes = OpeningHandshake.request({ ...offer, uri, origin: "null", headers: [["Cookie", "a=b"]] })
    const { answer } = read([bytes as Uint8Array])
    assert(answer?._tag === "Requested")
    assert.deepInclude(answer, {
      resourceName: "/a?b",
      host: "[::1]:8080",
      origin: "null",
      extensions: offer.extensions
    })
    const accepted = OpeningResponse.accept(answer, {
      subprotocol: "b",
      extensions: "permessage-deflate",
      headers: [
        ["Set-Cookie", "a=b"],
        ["Set-Cookie", "c=d"]
      ],
      sha1
    })
    const opened = OpeningHandshake.reader({ ...offer, offers: [{}], sha1 }).push(accepted as Uint8Array)
    assert.deepInclude<unknown>(opened, { _tag: "Accepted", subprotocol: "b", extensions: "permessage-deflate" })
  })

  const illegal: ReadonlyArray<
    readonly [what: string, field: string, options: Omit<OpeningResponse.Acceptance, "sha1">]
  > = [
    ["a subprotocol that was not offered", "subprotocol", { subprotocol: "c" }],
    ["CR LF in an extension", "extensions", { extensions: "x\r\nA: b" }],
    ["CR LF in a header", "headers", { headers: [["A", "b\r\nC: d"]] }],
    ["a header of the handshake", "headers", { headers: [["Sec-WebSocket-Accept", "a"]] }]
  ]
  for (const [what, field, options] of illegal) {
    it(`refuses ${what}`, () => {
      const request = requested({ More: "Sec-WebSocket-Protocol: a\r\nSec-WebSocket-Extensions: x\r\n" })
      const answer = OpeningResponse.accept(request, { ...options, sha1 })
      assert.deepInclude<unknown>(answer, { _tag: "InvalidResponse", field })
      assert.isTrue(Object.isFrozen(answer))
    })
  }

  it("refuses an extension where none was offered", () => {
    const answer = OpeningResponse.accept(requested(), { extensions: "x", sha1 })
    assert.deepInclude<unknown>(answer, { _tag: "InvalidResponse", field: "extensions" })
  })
})

describe("reject", () => {
  const rejected = (refusal: OpeningResponse.Refusal) => {
    const bytes = OpeningResponse.reject(refusal)
    assert(bytes instanceof Uint8Array)
    const nonce = new Uint8Array(16)
    const answer = OpeningHandshake.reader({ nonce, sha1 }).push(bytes)
    assert(answer._tag === "Rejected")
    return answer
  }

  it("with headers and a body", () => {
    const headers: Headers = [
      ["WWW-Authenticate", "Basic"],
      ["Retry-After", "5"]
    ]
    assert.deepInclude<unknown>(rejected({ status: 401, headers, body: encode("no") }), {
      status: 401,
      headers: [["Content-Length", "2"], ["Connection", "close"], ...headers],
      body: encode("no"),
      bodyTruncated: false
    })
  })

  it("with nothing", () => {
    assert.strictEqual(
      latin1(OpeningResponse.reject({ status: 403 }) as Uint8Array),
      "HTTP/1.1 403 \r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    )
  })

  it("426 names the version (RFC 6455 §4.4) and the protocol (RFC 9110 §15.5.22)", () => {
    const expected: Headers = [
      ["Content-Length", "0"],
      ["Connection", "close, Upgrade"],
      ["Upgrade", "websocket"],
      ["Sec-WebSocket-Version", "13"]
    ]
    assert.deepStrictEqual(rejected({ status: 426 }).headers, expected)
  })

  for (const [status, length, how] of [
    [204, "", "says no length"],
    [205, "Content-Length: 0\r\n", "says so, or its reader would wait for the end of the stream"],
    [304, "", "says no length"]
  ] as const) {
    it(`${status} has no body, and ${how}`, () => {
      assert.strictEqual(
        latin1(OpeningResponse.reject({ status }) as Uint8Array),
        `HTTP/1.1 ${status} \r\n${length}Connection: close\r\n\r\n`
      )
      const answer = OpeningResponse.reject({ status, body: encode("no") })
      assert.deepInclude<unknown>(answer, { _tag: "InvalidResponse", field: "body" })
    })
  }

  it("refuses a status that refuses nothing", () => {
    for (const status of [0, 100, 101, 199, 600, 404.5, Number.NaN]) {
      const answer = OpeningResponse.reject({ status })
      assert.deepInclude<unknown>(answer, { _tag: "InvalidResponse", field: "status" })
    }
  })

  const owned: ReadonlyArray<readonly [name: string, problem: string]> = [
    ["Content-Length", "Content-Length belongs to the protocol: it follows from the body"],
    ["Transfer-Encoding", "Transfer-Encoding belongs to the protocol: the body goes out as it is"],
    ["Connection", "Connection belongs to the protocol"],
    ["Keep-Alive", "Keep-Alive belongs to the protocol"],
    ["Host", "Host belongs to the protocol"],
    ["Sec-WebSocket-Accept", "Sec-WebSocket-Accept belongs to the protocol: it follows from the key of the request"],
    ["Sec-WebSocket-Protocol", "Sec-WebSocket-Protocol belongs to the protocol: use the option subprotocol"],
    ["Sec-WebSocket-Extensions", "Sec-WebSocket-Extensions belongs to the protocol: use the option extensions"]
  ]
  for (const [name, problem] of owned) {
    it(`refuses ${name}, without a client's advice`, () => {
      const answer = OpeningResponse.reject({ status: 403, headers: [[name, "3"]], body: encode("yes") })
      assert.deepStrictEqual<unknown>(answer, { _tag: "InvalidResponse", field: "headers", problem })
    })
  }
})
