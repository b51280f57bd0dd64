/** Messages per second into the program. Every length is added up, one message in 61 is compared whole. */
import { messages } from "../Payloads.ts"
import type { Peer, Sink } from "../peers/Peer.ts"
import * as Rows from "../plan/Rows.ts"
import { resourceName } from "../server/Opening.ts"
import * as Sample from "./Sample.ts"
import type { Outcome, Task } from "./Task.ts"

export const measure = async (peer: Peer, { row, url, seconds }: Task): Promise<Outcome> => {
  const wire = Rows.wire(row)
  const expected = messages(wire.payload, wire.size)
  const problems = new Set<string>()
  let count = 0
  let length = 0
  let wanted = 0
  let compared = 0
  let finish = () => {}
  const unitLength = (expected.reduce((sum, message) => sum + message.length, 0) / expected.length) * row.unit

  const sink: Sink = {
    message: (message) => {
      length += message.length
      if (count === compared) {
        if (!same(message, expected[count % expected.length]!)) problems.add(`message ${count} has the wrong content`)
        compared += EVERY
      }
      count += 1
      if (count === wanted) finish()
      return undefined
    },
    unit: () => {
      count += row.unit
      length += unitLength
      if (count === wanted) finish()
      return undefined
    }
  }

  const connection = await peer.open(url + resourceName("receive", wire), {
    lane: row.workload.lane ?? "array",
    sink,
    deflate: wire.deflate === true,
    wire
  })
  const work = (units: number) =>
    new Promise<void>((resolve) => {
      finish = resolve
      wanted = count + units * row.unit
      for (let unit = 0; unit < units; unit++) connection.send("next")
    })
  if (row.workload.by === "messages before") await work(row.size / row.unit)
  const sample = await Sample.take(work, seconds)
  await connection.close()

  if (count !== wanted) problems.add(`${count} messages came where ${wanted} were asked for`)
  if (length !== (wanted / row.unit) * unitLength) problems.add(`messages of ${length} in length came, not as sent`)
  return {
    values: Sample.values(sample, row.unit * (row.workload.by === "fragments" ? row.size : 1)),
    seen: { received: count },
    problems: [...problems]
  }
}

const same = (actual: string | Uint8Array, expected: string | Uint8Array): boolean =>
  typeof actual === "string" || typeof expected === "string"
    ? actual === expected
    : Buffer.compare(actual, expected) === 0

/** Prime, so that every distinct message has its turn. */
const EVERY = 61
