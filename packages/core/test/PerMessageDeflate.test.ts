import { assert, describe, it } from "@effect/vitest"
import type { Check } from "../src/HandshakeInvalid.ts"
import * as PerMessageDeflate from "../src/PerMessageDeflate.ts"
import { countWork } from "./work.ts"

const { accept, agree, formatOffers } = PerMessageDeflate

/** What is agreed in brief: the bits of the server's window and of ours, and "fresh" where it begins anew each time. */
const brief = (agreed: PerMessageDeflate.Agreed | string | undefined) => {
  if (typeof agreed !== "object") return agreed
  const window = (bits: number, fresh: boolean) => (fresh ? `${bits} fresh` : `${bits}`)
  const { clientMaxWindowBits, clientNoContextTakeover, serverMaxWindowBits, serverNoContextTakeover } = agreed
  return [
    window(serverMaxWindowBits, serverNoContextTakeover),
    window(clientMaxWindowBits, clientNoContextTakeover)
  ].join(", ")
}

describe("PerMessageDeflate: what a server may answer to an offer (RFC 7692 §7.1)", () => {
  const offers = {
    plain: [{}],
    client_max_window_bits: [{ clientMaxWindowBits: true }],
    "client_max_window_bits=10": [{ clientMaxWindowBits: 10 }],
    "server_max_window_bits=10": [{ serverMaxWindowBits: 10 }],
    server_no_context_takeover: [{ serverNoContextTakeover: true }],
    client_no_context_takeover: [{ clientNoContextTakeover: true }],
    "server_max_window_bits=10; client_max_window_bits, or plain": [
      { serverMaxWindowBits: 10, clientMaxWindowBits: true },
      {}
    ]
  } as const satisfies Record<string, ReadonlyArray<PerMessageDeflate.Offer>>

  const no = "ExtensionParameterNotOffered"
  /** One answer, and what it agrees to for each of the offers. */
  const table: ReadonlyArray<readonly [answer: string, ...agreed: ReadonlyArray<string>]> = [
    ["", "15, 15", "15, 15", "15, 10", no, no, "15, 15 fresh", "15, 15"],
    [
      "; server_no_context_takeover",
      "15 fresh, 15",
      "15 fresh, 15",
      "15 fresh, 10",
      no,
      "15 fresh, 15",
      "15 fresh, 15 fresh",
      "15 fresh, 15"
    ],
    [
      "; client_no_context_takeover",
      "15, 15 fresh",
      "15, 15 fresh",
      "15, 10 fresh",
      no,
      no,
      "15, 15 fresh",
      "15, 15 fresh"
    ],
    ["; server_max_window_bits=8", "8, 15", "8, 15", "8, 10", "8, 15", no, "8, 15 fresh", "8, 15"],
    ["; server_max_window_bits=10", "10, 15", "10, 15", "10, 10", "10, 15", no, "10, 15 fresh", "10, 15"],
    ["; server_max_window_bits=11", "11, 15", "11, 15", "11, 10", no, no, "11, 15 fresh", "11, 15"],
    ["; server_max_window_bits=15", "15, 15", "15, 15", "15, 10", no, no, "15, 15 fresh", "15, 15"],
    ['; server_max_window_bits="9"', "9, 15", "9, 15", "9, 10", "9, 15", no, "9, 15 fresh", "9, 15"],
    ["; client_max_window_bits=8", no, "15, 8", "15, 8", no, no, no, no],
    ["; client_max_window_bits=10", no, "15, 10", "15, 10", no, no, no, no],
    // The server may ignore the value of the offer (RFC 7692 §7.1.2.2), which binds us nevertheless.
    ["; client_max_window_bits=15", no, "15, 15", "15, 10", no, no, no, no],
    ["; server_max_window_bits=9; client_max_window_bits=9", no, "9, 9", "9, 9", no, no, no, "9, 9"],
    ["; client_max_window_bits=9; server_max_window_bits=11", no, "11, 9", "11, 9", no, no, no, no],
    [
      "; server_no_context_takeover; client_no_context_takeover",
      "15 fresh, 15 fresh",
      "15 fresh, 15 fresh",
      "15 fresh, 10 fresh",
      no,
      "15 fresh, 15 fresh",
      "15 fresh, 15 fresh",
      "15 fresh, 15 fresh"
    ],
    [
      ";client_no_context_takeover ; client_max_window_bits = 12;server_no_context_takeover;server_max_window_bits=10",
      no,
      "10 fresh, 12 fresh",
      "10 fresh, 10 fresh",
      no,
      no,
      no,
      "10 fresh, 12 fresh"
    ]
  ]
  for (const [parameters, ...agreed] of table) {
    const answer = `permessage-deflate${parameters}`
    describe(`"${answer}"`, () => {
      for (const [i, [offered, list]] of Object.entries(offers).entries()) {
        it(`offered ${offered}: ${agreed[i]}`, () => assert.strictEqual(brief(agree(list, answer)), agreed[i]))
      }
      it("offered nothing", () => assert.strictEqual(agree([], answer), "ExtensionNotOffered"))
    })
  }

  it("the first of several offers that allow the answer is the one that is agreed", () => {
    const list = [{ serverNoContextTakeover: true }, { clientMaxWindowBits: 9 }, { clientMaxWindowBits: true }] as const
    assert.strictEqual(brief(agree(list, "permessage-deflate; server_no_context_takeover")), "15 fresh, 15")
    assert.strictEqual(brief(agree(list, "permessage-deflate")), "15, 9")
    assert.strictEqual(brief(agree(list, "permessage-deflate; client_max_window_bits=12")), "15, 9")
  })
})

describe("PerMessageDeflate: answers that no offer allows", () => {
  const everything = [
    {},
    { clientMaxWindowBits: true },
    { serverNoContextTakeover: true, clientNoContextTakeover: true, serverMaxWindowBits: 15, clientMaxWindowBits: 15 }
  ] as const
  const illegalBits = [
    "=0",
    "=7",
    "=16",
    "=08",
    "=8.0",
    "=+8",
    "=-8",
    "=1e1",
    "=0x9",
    "=100000000000000000009",
    "=x",
    '="7"',
    '="010"'
  ]
  const bits = ["server_max_window_bits", "client_max_window_bits"]
  const flags = ["server_no_context_takeover", "client_no_context_takeover"]
  const names = [...bits, ...flags]

  const table: Partial<Record<Check, ReadonlyArray<string>>> = {
    ExtensionMalformed: [
      "",
      ";",
      "permessage-deflate;",
      "permessage-deflate;;server_no_context_takeover",
      "permessage-deflate server_no_context_takeover",
      "permessage-deflate/2",
      'permessage-deflate; server_max_window_bits="10',
      ...names.flatMap((name) => [
        `permessage-deflate; ${name}=`,
        `permessage-deflate; ${name}=""`,
        `permessage-deflate; ${name}=8 9`
      ])
    ],
    ExtensionNotOffered: [
      "deflate",
      "x-webkit-deflate-frame",
      "Permessage-Deflate",
      "__proto__",
      "permessage-deflate, permessage-bzip2",
      "permessage-bzip2, permessage-deflate"
    ],
    ExtensionRepeated: [
      "permessage-deflate, permessage-deflate",
      "permessage-deflate; server_no_context_takeover, permessage-deflate",
      "permessage-deflate; unknown, permessage-deflate"
    ],
    ExtensionParameterUnknown: [
      "permessage-deflate; unknown",
      "permessage-deflate; unknown=1",
      "permessage-deflate; Server_no_context_takeover",
      "permessage-deflate; server_max_window_bits=10; unknown",
      ...["__proto__", "constructor", "hasOwnProperty", "toString"].flatMap((name) => [
        `permessage-deflate; ${name}`,
        `permessage-deflate; ${name}=10`
      ])
    ],
    ExtensionParameterRepeated: [
      ...flags.map((name) => `permessage-deflate; ${name}; ${name}`),
      ...bits.flatMap((name) => [
        `permessage-deflate; ${name}=10; ${name}=10`,
        `permessage-deflate; ${name}=10; server_no_context_takeover; ${name}=11`
      ])
    ],
    ExtensionParameterValue: [
      ...flags.flatMap((name) => ["=true", "=0", "=10", '="x"'].map((value) => `permessage-deflate; ${name}${value}`)),
      ...bits.flatMap((name) => ["", ...illegalBits].map((value) => `permessage-deflate; ${name}${value}`))
    ]
  }
  for (const [check, answers] of Object.entries(table)) {
    for (const answer of answers) {
      it(`${check}: "${answer}"`, () => assert.strictEqual<unknown>(agree(everything, answer), check))
    }
  }

  it("the work is linear (attack 9)", () => {
    const work = (count: number) =>
      countWork(() => agree([{}], `permessage-deflate${"; server_no_context_takeover=x".repeat(count)}`))
    assert.isAtMost(work(600), 2.1 * work(300))
  })
})

describe("PerMessageDeflate: offers as they are written", () => {
  for (const [offers, header] of [
    [[{}], "permessage-deflate"],
    [[{ clientMaxWindowBits: true }], "permessage-deflate; client_max_window_bits"],
    [[{ clientMaxWindowBits: 8 }], "permessage-deflate; client_max_window_bits=8"],
    [[{ serverMaxWindowBits: 15 }], "permessage-deflate; server_max_window_bits=15"],
    [[{ serverNoContextTakeover: false, clientNoContextTakeover: false }], "permessage-deflate"],
    [
      [
        {
          serverNoContextTakeover: true,
          clientNoContextTakeover: true,
          serverMaxWindowBits: 9,
          clientMaxWindowBits: 10
        }
      ],
      "permessage-deflate; server_no_context_takeover; client_no_context_takeover; " +
        "server_max_window_bits=9; client_max_window_bits=10"
    ],
    [[{ serverMaxWindowBits: 10 }, {}], "permessage-deflate; server_max_window_bits=10, permessage-deflate"],
    [[], ""]
  ] as const) {
    it(`"${header}"`, () => assert.strictEqual(formatOffers(offers), header))
  }
})

describe("PerMessageDeflate: a server accepts the first offer that it can keep", () => {
  /** The header of the request; what is agreed, and the header that says so. */
  const table: ReadonlyArray<readonly [offers: string, agreed: string, header: string]> = [
    ["permessage-deflate", "15, 15", "permessage-deflate"],
    ["permessage-deflate; client_max_window_bits", "15, 15", "permessage-deflate"],
    ["permessage-deflate; client_max_window_bits=10", "15, 10", "permessage-deflate; client_max_window_bits=10"],
    ["permessage-deflate; server_max_window_bits=8", "8, 15", "permessage-deflate; server_max_window_bits=8"],
    [
      "permessage-deflate; server_no_context_takeover",
      "15 fresh, 15",
      "permessage-deflate; server_no_context_takeover"
    ],
    [
      "permessage-deflate; client_no_context_takeover",
      "15, 15 fresh",
      "permessage-deflate; client_no_context_takeover"
    ],
    [
      'permessage-deflate; client_max_window_bits; server_max_window_bits="9"; server_no_context_takeover',
      "9 fresh, 15",
      "permessage-deflate; server_max_window_bits=9; server_no_context_takeover"
    ],
    ["x, permessage-deflate; server_max_window_bits=9", "9, 15", "permessage-deflate; server_max_window_bits=9"],
    ["permessage-deflate; server_max_window_bits=7, permessage-deflate", "15, 15", "permessage-deflate"],
    [
      "permessage-deflate; client_max_window_bits=9, permessage-deflate",
      "15, 9",
      "permessage-deflate; client_max_window_bits=9"
    ]
  ]
  for (const [offers, agreed, header] of table) {
    it(`"${offers}": ${agreed}`, () => {
      const accepted = accept(offers)
      assert.deepStrictEqual([brief(accepted?.agreed), accepted?.header], [agreed, header])
    })
  }

  for (const offers of [
    "",
    "permessage-deflate;",
    "x",
    "permessage-deflate; unknown",
    "permessage-deflate; __proto__",
    "permessage-deflate; server_max_window_bits",
    "permessage-deflate; server_max_window_bits=16",
    "permessage-deflate; client_max_window_bits=7",
    "permessage-deflate; server_no_context_takeover=1",
    "permessage-deflate; client_max_window_bits; client_max_window_bits",
    "permessage-deflate; client_max_window_bits; client_max_window_bits=10",
    "permessage-deflate; client_no_context_takeover; client_no_context_takeover"
  ]) {
    it(`declines "${offers}"`, () => assert.isUndefined(accept(offers)))
  }

  it("what a server accepts of any offer, the client agrees to in the same words", () => {
    const bits = [undefined, 8, 9, 15] as const
    for (const serverNoContextTakeover of [false, true]) {
      for (const clientNoContextTakeover of [false, true]) {
        for (const serverMaxWindowBits of bits) {
          for (const clientMaxWindowBits of [...bits, true as const]) {
            const offer = {
              serverNoContextTakeover,
              clientNoContextTakeover,
              ...(serverMaxWindowBits !== undefined && { serverMaxWindowBits }),
              ...(clientMaxWindowBits !== undefined && { clientMaxWindowBits })
            }
            const accepted = accept(formatOffers([offer]))
            assert(accepted !== undefined)
            assert.deepStrictEqual(agree([offer], accepted.header), accepted.agreed)
            assert.strictEqual(accepted.agreed.serverMaxWindowBits, serverMaxWindowBits ?? 15)
          }
        }
      }
    }
  })
})

describe("PerMessageDeflate: whose window is whose (RFC 7692 §7.1)", () => {
  const agreed = {
    serverNoContextTakeover: true,
    clientNoContextTakeover: false,
    serverMaxWindowBits: 9,
    clientMaxWindowBits: 12
  }

  it("each side compresses with its own", () => {
    assert.deepStrictEqual(PerMessageDeflate.windowOf("client", agreed), { windowBits: 12, contextTakeover: true })
    assert.deepStrictEqual(PerMessageDeflate.windowOf("server", agreed), { windowBits: 9, contextTakeover: false })
  })
})
