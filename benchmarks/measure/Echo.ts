/** Round trips: how long each takes, and how many per second with so many outstanding. Every reply is compared. */
import type { Peer } from "../peers/Peer.ts"
import * as Rows from "../plan/Rows.ts"
import { quantile } from "../report/Statistics.ts"
import { resourceName } from "../server/Opening.ts"
import * as Sample from "./Sample.ts"
import type { Outcome, Task } from "./Task.ts"

export const measure = async (peer: Peer, { row, url, seconds }: Task): Promise<Outcome> => {
  const wire = Rows.wire(row)
  const message = "x".repeat(row.size)
  const outstanding = row.workload.outstanding ?? 1
  const sentAt = new Float64Array(outstanding)
  let latencies: Array<number> = []
  let wrong = 0
  let sent = 0
  let received = 0
  let wanted = 0
  let finish = () => {}

  const trip = () => {
    const now = performance.now()
    latencies.push(now - sentAt[received % outstanding]!)
    received += 1
    if (received === wanted) finish()
    if (sent === wanted) return undefined
    sentAt[sent % outstanding] = now
    sent += 1
    return message
  }

  const connection = await peer.open(url + resourceName("echo", wire), {
    lane: row.workload.lane ?? "each",
    sink: {
      message: (reply) => {
        if (reply !== message) wrong += 1
        return trip()
      },
      unit: trip
    },
    deflate: false,
    wire
  })
  const sample = await Sample.take(
    (units) =>
      new Promise((resolve) => {
        finish = resolve
        latencies = []
        wanted = received + units * TRIPS
        for (let index = 0; index < outstanding; index++) {
          sentAt[sent % outstanding] = performance.now()
          sent += 1
          connection.send(message)
        }
      }),
    seconds
  )
  await connection.close()

  latencies.sort((left, right) => left - right)
  return {
    values: {
      ...Sample.values(sample, TRIPS),
      p50: quantile(latencies, 0.5) * 1000,
      p99: quantile(latencies, 0.99) * 1000
    },
    seen: { sent, received },
    problems: wrong > 0 ? [`${wrong} replies were not what was sent`] : []
  }
}

/** Round trips in a unit of work; never fewer than are outstanding. */
const TRIPS = 64
