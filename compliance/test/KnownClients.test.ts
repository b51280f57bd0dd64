import { assert, beforeAll, describe, it } from "@effect/vitest"
import { WebSocket } from "ws"
import { agent as undici } from "../agents/undici.ts"
import * as Ws from "../agents/ws.ts"
import { all, named, notOk, play, type Verdicts } from "./play.ts"

describe("the judge, judged by clients whose verdicts are known", () => {
  const sample = named("1 2 3 4 5 6.1 6.2 6.3 6.4 6.6 7 9.3.1 9.3.3 10 12.1.4 13.3.11 13.5.4".split(" "))
  const nonStrict = all("NON-STRICT", "6.4.1 6.4.2 6.4.3 6.4.4")
  let verdicts: Verdicts = new Map()

  beforeAll(async () => {
    const agents = new Map([
      ["ws", Ws.agent],
      ["undici", undici]
    ])
    verdicts = await play(agents, sample)
  }, 30_000)

  it("ws: non-strict in 6.4, and its limit of fragments in 9.3.1", () => {
    assert.deepEqual(notOk(verdicts.get("ws")), { ...nonStrict, "9.3.1": "FAILED" })
  })

  it("undici: non-strict in 6.4", () => {
    assert.deepEqual(notOk(verdicts.get("undici")), nonStrict)
  })

  it("a client that pings during an exchange gets its Pong, and is judged by its echoes", async () => {
    const pongs: Array<string> = []
    const run = (url: string) =>
      new Promise<void>((resolve) => {
        const socket = new WebSocket(url)
        socket.on("message", (data, binary) => {
          socket.ping("alive?")
          socket.send(data, { binary })
        })
        socket.on("pong", (payload) => pongs.push(`${payload}`))
        socket.on("close", () => resolve())
      })
    const verdicts = await play(new Map([["pinging", { run }]]), named(["12.1.4"]))
    assert.deepEqual(notOk(verdicts.get("pinging")), {})
    // The last Pong may be behind the Close, which ends the reading.
    assert.deepEqual(new Set(pongs), new Set(["alive?"]))
  })

  it("ws without compression: 12 and 13 unimplemented", async () => {
    const verdicts = await play(new Map([["ws", Ws.make({ deflate: false })]]), named(["1.1.2", "12.1.4", "13.3.11"]))
    assert.deepEqual(notOk(verdicts.get("ws")), all("UNIMPLEMENTED", "12.1.4 13.3.11"))
  })
})
