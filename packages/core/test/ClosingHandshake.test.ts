import { assert, describe, it } from "@effect/vitest"
import * as ClosingHandshake from "../src/ClosingHandshake.ts"
import { Endpoint } from "../src/Endpoint.ts"
import * as Limits from "../src/Limits.ts"
import * as Platform from "../src/Platform.ts"
import { hex, toHex } from "./hex.ts"

const make = (role: "client" | "server" = "client") =>
  new Endpoint({ role, platform: Platform.pure, limits: Limits.defaults, maskingKey: () => 0 })

const receive = (endpoint: Endpoint, bytes: Uint8Array) => {
  endpoint.receive(bytes)
  endpoint.read([], { messages: Infinity, bytes: Infinity })
}

const written = (endpoint: Endpoint) => endpoint.output.take().map(toHex).join("")

const events: Record<ClosingHandshake.Event, (endpoint: Endpoint) => void> = {
  close: (endpoint) => endpoint.close(4000, ""),
  fail: (endpoint) => endpoint.fail(),
  violation: (endpoint) => receive(endpoint, hex("83")),
  peerClose: (endpoint) => receive(endpoint, hex("8802 0fa1")),
  end: (endpoint) => endpoint.receiveEnd()
}

const ways: Record<ClosingHandshake.State, ReadonlyArray<ClosingHandshake.Event>> = {
  Open: [],
  Failing: ["violation"],
  CloseSent: ["close"],
  Failed: ["violation", "fail"],
  Closed: ["peerClose"],
  Lost: ["end"]
}

const inState = (state: ClosingHandshake.State) => {
  const endpoint = make()
  for (const event of ways[state]) events[event](endpoint)
  assert.strictEqual(endpoint.state, state)
  endpoint.output.take()
  return endpoint
}

describe("ClosingHandshake: every state and event, through an Endpoint (RFC 6455 §7.1)", () => {
  // Where it leads, and the code of the Close that leaves; the program's is 4000, the peer's 4001, the violation's 1002.
  const cells: Record<ClosingHandshake.State, Record<ClosingHandshake.Event, string>> = {
    Open: { close: "CloseSent 4000", fail: "Open", violation: "Failing", peerClose: "Closed 4001", end: "Lost" },
    Failing: { close: "Failed 1002", fail: "Failed 1002", violation: "Failing", peerClose: "Failing", end: "Lost" },
    CloseSent: { close: "CloseSent", fail: "CloseSent", violation: "Failed", peerClose: "Closed", end: "Lost" },
    Failed: { close: "Failed", fail: "Failed", violation: "Failed", peerClose: "Failed", end: "Failed" },
    Closed: { close: "Closed", fail: "Closed", violation: "Closed", peerClose: "Closed", end: "Closed" },
    Lost: { close: "Lost", fail: "Lost", violation: "Lost", peerClose: "Lost", end: "Lost" }
  }
  for (const [state, row] of Object.entries(cells) as Array<[ClosingHandshake.State, (typeof cells)["Open"]]>) {
    for (const [event, outcome] of Object.entries(row) as Array<[ClosingHandshake.Event, string]>) {
      it(`${state}, ${event}: ${outcome}`, () => {
        const endpoint = inState(state)
        events[event](endpoint)
        const [to, closeCode] = outcome.split(" ")
        assert.strictEqual(endpoint.state, to)
        const close = closeCode === undefined ? "" : `88820000 0000${Number(closeCode).toString(16).padStart(4, "0")}`
        assert.strictEqual(written(endpoint), toHex(hex(close)))
      })
    }
  }

  it("data is sent in Open and Failing, and read in Open and CloseSent", () => {
    const states = Object.keys(ClosingHandshake.table) as Array<ClosingHandshake.State>
    assert.deepStrictEqual(states.filter(ClosingHandshake.canSend), ["Open", "Failing"])
    assert.deepStrictEqual(states.filter(ClosingHandshake.canReceive), ["Open", "CloseSent"])
    for (const state of states) {
      assert.strictEqual(inState(state).sending, ClosingHandshake.canSend(state))
      assert.strictEqual(inState(state).receiving, ClosingHandshake.canReceive(state))
    }
  })
})

/**
 * Two endpoints and the frames between them. A path of moves is played on a fresh pair; paths that lead to the same
 * situation are followed once. Either side may close, break a rule or lose the stream at any time; frames arrive in
 * order, and a side that has come to its end half-closes.
 */
describe("ClosingHandshake: two endpoints, every interleaving", () => {
  const sides = ["client", "server"] as const
  type Side = (typeof sides)[number]
  type Move = `${Side} ${"closes" | "breaks a rule" | "loses the stream" | "fails" | "reads"}`
  const other = (side: Side): Side => (side === "client" ? "server" : "client")
  const final: ReadonlyArray<ClosingHandshake.State> = ["Failed", "Closed", "Lost"]
  const codes = { client: 4001, server: 4002 }
  const eof = "end of stream"

  const pair = () => {
    const endpoints = { client: make("client"), server: make("server") }
    /** What travels to each side: frames in hex, or the end of the stream; undefined once that was sent. */
    const wire: Record<Side, Array<string>> = { client: [], server: [] }
    const ended = { client: false, server: false }
    const broken = { client: false, server: false }

    const legal = (): Array<Move> =>
      sides.flatMap((side): Array<Move> => {
        const { sending, state } = endpoints[side]
        return [
          ...(state === "Open" || state === "Failing" ? [`${side} closes` as const] : []),
          ...(sending && !broken[side] ? [`${side} breaks a rule` as const] : []),
          ...(final.includes(state) ? [] : [`${side} loses the stream` as const]),
          ...(state === "Failing" ? [`${side} fails` as const] : []),
          ...(wire[side].length > 0 ? [`${side} reads` as const] : [])
        ]
      })

    const play = (move: Move) => {
      const side = move.split(" ")[0] as Side
      const endpoint = endpoints[side]
      const out = wire[other(side)]
      if (move.endsWith("closes")) endpoint.close(codes[side], "")
      if (move.endsWith("fails")) endpoint.fail()
      if (move.endsWith("rule")) {
        broken[side] = true
        out.push("83")
      }
      if (move.endsWith("stream")) {
        wire[side] = []
        endpoint.receiveEnd()
      }
      if (move.endsWith("reads")) {
        const frame = wire[side].shift()!
        if (frame === eof) endpoint.receiveEnd()
        else receive(endpoint, hex(frame))
      }
      const frames = written(endpoint)
      if (frames !== "") out.push(frames)
      if (final.includes(endpoint.state) && !ended[side]) {
        ended[side] = true
        out.push(eof)
      }
    }

    const situation = () =>
      JSON.stringify([
        sides.map((side) => [endpoints[side].state, endpoints[side].closeSent, endpoints[side].closeReceived]),
        wire,
        broken
      ])
    return { endpoints, legal, play, situation, wire }
  }

  it("no deadlock: once all frames have arrived, both are at an end, and they agree on the codes", () => {
    const seen = new Set<string>()
    const ends = new Set<string>()
    const paths: Array<ReadonlyArray<Move>> = [[]]
    for (let path = paths.pop(); path !== undefined; path = paths.pop()) {
      const { endpoints, legal, play, situation, wire } = pair()
      for (const move of path) play(move)
      const now = situation()
      if (seen.has(now)) continue
      seen.add(now)
      const moves = legal()
      for (const move of moves) paths.push([...path, move])

      const what = path.join(", ")
      const { client, server } = endpoints
      for (const [a, b] of [
        [client, server],
        [server, client]
      ] as const) {
        if (a.closeReceived !== undefined) assert.deepStrictEqual(a.closeReceived, b.closeSent, what)
        if (a.state === "Closed") assert.isDefined(a.closeSent, what)
        if (a.state === "Closed") assert.isDefined(a.closeReceived, what)
        if (a.state === "Failed") assert.isDefined(a.failure, what)
      }
      const must = moves.some((move) => move.endsWith("reads") || move.endsWith("fails"))
      if (must) continue
      const states = `${client.state} ${server.state}`
      if (states !== "Open Open") {
        assert.deepStrictEqual(wire, { client: [], server: [] }, what)
        assert.include(final, client.state, what)
        assert.include(final, server.state, what)
        ends.add([client.state, server.state].sort().join(" "))
      }
    }
    assert.deepStrictEqual([...ends].sort(), [
      "Closed Closed",
      "Closed Failed",
      "Closed Lost",
      "Failed Failed",
      "Failed Lost",
      "Lost Lost"
    ])
  })
})
