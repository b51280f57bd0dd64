/**
 * What an endpoint must do with permessage-deflate (RFC 7692), whatever compresses and inflates, as tests: with core's
 * plain forms and with those of platforms.
 */
import { assert, describe, it } from "@effect/vitest"
import type * as Compression from "../src/Compression.ts"
import { Endpoint, type Options } from "../src/Endpoint.ts"
import * as Limits from "../src/Limits.ts"
import type { Message } from "../src/MessageAssembler.ts"
import type * as PerMessageDeflate from "../src/PerMessageDeflate.ts"
import type { Platform } from "../src/Platform.ts"
import { concat, hex, toHex } from "./hex.ts"
import { replay } from "./replay.ts"
import { eventsOf } from "./vectors.ts"

const plain: PerMessageDeflate.Agreed = {
  serverNoContextTakeover: false,
  clientNoContextTakeover: false,
  serverMaxWindowBits: 15,
  clientMaxWindowBits: 15
}

type Terms = Partial<Omit<Options, "compression"> & PerMessageDeflate.Agreed & { threshold: number }>

export const endpointCompression = (platform: Platform) => {
  const make = ({ threshold = 1, ...terms }: Terms = {}) =>
    new Endpoint({
      role: "client",
      platform,
      limits: Limits.defaults,
      maskingKey: () => 0,
      ...terms,
      compression: { agreed: { ...plain, ...terms }, level: 6, memoryLevel: 8, threshold }
    })

  describe("what comes in, at every cut", () => {
    const table: ReadonlyArray<readonly [what: string, bytes: string, events: ReadonlyArray<string>, terms?: Terms]> = [
      [
        "a compressed text, twice (§7.2.3.1, §7.2.3.2)",
        "c107f248cdc9c90700 c105f200110000",
        ["text Hello", "text Hello"]
      ],
      ["compressed bytes", "c207f248cdc9c90700", ["binary 48656c6c6f"]],
      [
        "messages that are not compressed (§6)",
        "810161 c107f248cdc9c90700 820162",
        ["text a", "text Hello", "binary 62"]
      ],
      ["an empty message (§7.2.3.6)", "c10100", ["text "]],
      [
        "control frames between fragments (§6.1)",
        "4103f248cd 890170 0000 8a00 8004c9c90700",
        ["Ping 70", "Pong ", "text Hello"]
      ],
      [
        "no takeover: each message begins anew",
        "c107f248cdc9c90700 c107f248cdc9c90700",
        ["text Hello", "text Hello"],
        { serverNoContextTakeover: true }
      ],
      [
        "no takeover: no match in the one before",
        "c107f248cdc9c90700 c105f200110000",
        ["text Hello", "InvalidDeflate"],
        { serverNoContextTakeover: true }
      ],
      [
        "only the server's terms bind what it sends",
        "c107f248cdc9c90700 c105f200110000",
        ["text Hello", "text Hello"],
        { clientNoContextTakeover: true, clientMaxWindowBits: 8 }
      ],
      ["RSV1 on the first of several frames only (§6.1)", "4103f248cd c004c9c90700", ["ReservedBits"]],
      ["RSV1 on a fragment of a message that is not compressed", "010161 c00162", ["ReservedBits"]],
      ["RSV1 on a ping", "c900", ["ReservedBits"]],
      ["RSV1 on a pong", "ca00", ["ReservedBits"]],
      ["RSV1 on a Close", "c800", ["ReservedBits"]],
      ["RSV2 beside it", "e107f248cdc9c90700", ["ReservedBits"]],
      ["RSV3 beside it", "d107f248cdc9c90700", ["ReservedBits"]],
      ["what is not DEFLATE", "c1020600 810161", ["InvalidDeflate"]],
      ["no DEFLATE at all", "c100 810161", ["InvalidDeflate"]],
      ["what is not UTF-8", "c108000200fdffc32800 810161", ["InvalidUtf8"]],
      ["what ends inside a code point", "c108000200fdffe28200 810161", ["InvalidUtf8"]],
      [
        "as much as the message may be",
        "c107f248cdc9c90700",
        ["text Hello"],
        { limits: { ...Limits.defaults, maxMessageBytes: 5 } }
      ],
      [
        "more than that",
        "c107f248cdc9c90700 810161",
        ["maxMessageBytes"],
        { limits: { ...Limits.defaults, maxMessageBytes: 4 } }
      ],
      [
        "more than the platform can hold",
        "c107f248cdc9c90700",
        ["maxMessageBytes"],
        { platform: { ...platform, maxMessageBytes: 4 } }
      ],
      [
        "more on the wire than a frame may be",
        "c107f248cdc9c90700",
        ["maxFrameBytes"],
        { limits: { ...Limits.defaults, maxFrameBytes: 6 } }
      ]
    ]
    for (const [what, bytes, events, terms] of table) {
      it(what, () => {
        replay(hex(bytes), (chunks, how) => {
          const endpoint = make(terms)
          assert.deepStrictEqual(eventsOf(endpoint, chunks), [...events], how)
          endpoint.receiveEnd()
        })
      })
    }

    it("without permessage-deflate RSV1 means nothing (§6)", () => {
      const endpoint = new Endpoint({ role: "client", platform, limits: Limits.defaults, maskingKey: () => 0 })
      assert.deepStrictEqual(eventsOf(endpoint, [hex("c107f248cdc9c90700")]), ["ReservedBits"])
    })

    it("what is discarded keeps the context", () => {
      const endpoint = make()
      endpoint.receive(hex("c107f248cdc9c90700"))
      endpoint.discard()
      assert.deepStrictEqual(eventsOf(endpoint, [hex("c105f200110000")]), ["text Hello"])
      assert.strictEqual(endpoint.discarded, 1)
      endpoint.receiveEnd()
    })

    for (const [what, bytes, closeCode] of [
      ["what is not DEFLATE", "c1020600", 1007],
      ["what is not UTF-8", "c108000200fdffc32800", 1007],
      ["what is too big", "c107f248cdc9c90700", 1009]
    ] as const) {
      it(`${what} fails the connection with ${closeCode}`, () => {
        const endpoint = make({ limits: { ...Limits.defaults, maxMessageBytes: 4 } })
        eventsOf(endpoint, [hex(bytes)])
        endpoint.fail()
        assert.strictEqual(endpoint.closeSent?.closeCode, closeCode)
      })
    }
  })

  describe("what is compressed", () => {
    const table: ReadonlyArray<readonly [threshold: number, message: Message, compressed: boolean]> = [
      [1, "a", true],
      [1, hex("01"), true],
      [10, "a".repeat(9), false],
      [10, "a".repeat(10), true],
      [10, "\u{1f600}".repeat(5), true],
      [10, "\xe9".repeat(9), false],
      [10, new Uint8Array(9), false],
      [10, new Uint8Array(10), true],
      [0, "", false],
      [0, hex(""), false]
    ]
    for (const [threshold, message, compressed] of table) {
      const what = typeof message === "string" ? `"${message}"` : `${message.length} bytes`
      it(`${what}, from ${threshold} on: ${compressed ? "yes" : "no"}`, () => {
        const endpoint = make({ threshold, role: "server" })
        const opcode = typeof message === "string" ? 0x01 : 0x02
        for (const compress of [undefined, true, false]) {
          endpoint.send(message, compress)
          const rsv1 = compressed && compress !== false ? 0x40 : 0
          assert.strictEqual(sent(endpoint)[0], 0x80 | rsv1 | opcode)
        }
        endpoint.close(1000, "")
      })
    }

    it("no control frame ever is", () => {
      const endpoint = make({ threshold: 0, role: "server" })
      endpoint.ping(hex("01"))
      endpoint.pong(hex("02"))
      endpoint.close(1000, "bye")
      assert.strictEqual(toHex(sent(endpoint)), "890101 8a0102 880503e8627965".replaceAll(" ", ""))
    })

    it("nothing is after a Close", () => {
      const endpoint = make({ role: "server" })
      endpoint.close(1000, "")
      sent(endpoint)
      endpoint.send("Hello")
      endpoint.send(hex("01"))
      assert.strictEqual(toHex(sent(endpoint)), "")
    })

    it("the answer to an earlier message still is, between a violation and its Close", () => {
      const [client, server] = [make(), make({ role: "server" })]
      eventsOf(server, [hex("83")])
      server.send("Hello")
      server.fail()
      assert.deepStrictEqual(eventsOf(client, [sent(server)]), ["text Hello", "Close 1002 "])
    })
  })

  describe("coders", () => {
    /** The platform, and what was done with its coders. */
    const watched = () => {
      const log: Array<string> = []
      const watch =
        <O, C extends { readonly close: () => void }>(name: string, make: (options: O) => C) =>
        (options: O): C => {
          log.push(`${name} ${JSON.stringify(options)}`)
          const coder = make(options)
          const close = () => {
            log.push(`${name} closed`)
            coder.close()
          }
          return { ...coder, close }
        }
      return {
        log,
        platform: {
          ...platform,
          deflater: watch("deflater", platform.deflater),
          inflater: watch("inflater", platform.inflater)
        }
      }
    }

    it("each side compresses on its own terms and inflates on the other's (§7.1)", () => {
      const server: Compression.InflaterOptions = { windowBits: 9, contextTakeover: false }
      const client: Compression.InflaterOptions = { windowBits: 12, contextTakeover: true }
      const terms = { serverMaxWindowBits: 9, serverNoContextTakeover: true, clientMaxWindowBits: 12 }
      for (const [role, own, other] of [
        ["client", client, server],
        ["server", server, client]
      ] as const) {
        const { log, platform } = watched()
        make({ role, platform, ...terms })
        const expected = [
          `deflater ${JSON.stringify({ ...own, level: 6, memoryLevel: 8 })}`,
          `inflater ${JSON.stringify(other)}`
        ]
        assert.deepStrictEqual(log, expected)
      }
    })

    const close = (endpoint: Endpoint) => endpoint.close(1000, "")
    const peerClose = (endpoint: Endpoint) => eventsOf(endpoint, [hex("8800")])
    const violation = (endpoint: Endpoint) => eventsOf(endpoint, [hex("83")])
    const fail = (endpoint: Endpoint) => endpoint.fail()
    const fragment = (endpoint: Endpoint) => eventsOf(endpoint, [hex("4103f248cd")])
    const end = (endpoint: Endpoint) => endpoint.receiveEnd()
    const both = ["deflater closed", "inflater closed"]
    for (const [what, steps, expected] of [
      ["not while the connection is open", [], []],
      ["our Close leaves the inflater", [close], ["deflater closed"]],
      ["both Closes", [close, peerClose], both],
      ["the peer's Close", [peerClose], both],
      ["a violation leaves the deflater", [violation], ["inflater closed"]],
      ["its Close", [violation, fail], both],
      ["a violation after our Close", [close, violation], both],
      ["the end of the stream", [end], both],
      ["the end inside of a message", [fragment, end], both]
    ] as const) {
      it(`are freed as soon as nobody needs them: ${what}`, () => {
        const { log, platform } = watched()
        const endpoint = make({ platform })
        endpoint.send("Hello")
        eventsOf(endpoint, [hex("c107f248cdc9c90700")])
        for (const step of steps) step(endpoint)
        const closed = new Set(log.filter((line) => line.endsWith("closed")))
        assert.deepStrictEqual([...closed].sort(), [...expected])
        endpoint.receiveEnd()
      })
    }
  })
}

/** All frames that wait to be written. */
const sent = (endpoint: Endpoint) => concat(...endpoint.output.take())
