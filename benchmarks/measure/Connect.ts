/** Connections per second: dial, both handshakes, so many at a time. */
import type { OpenOptions, Peer } from "../peers/Peer.ts"
import * as Rows from "../plan/Rows.ts"
import { resourceName } from "../server/Opening.ts"
import * as Sample from "./Sample.ts"
import type { Outcome, Task } from "./Task.ts"

export const measure = async (peer: Peer, task: Task): Promise<Outcome> => {
  const { row, seconds } = task
  const parallel = row.size
  const target = idleTarget(task)
  let connections = 0

  const work = async (units: number) => {
    let left = units * parallel
    const worker = async () => {
      while (left > 0) {
        left -= 1
        const connection = await peer.open(target.url, target.options)
        connections += 1
        await connection.close()
      }
    }
    await Promise.all(Array.from({ length: parallel }, worker))
  }
  await work((row.workload.after ?? WARM_UP) / parallel)
  const sample = await Sample.take(work, seconds)
  return { values: Sample.values(sample, parallel), seen: { connections }, problems: [] }
}

/** Connections before the clock starts: fewer would measure little else than how fast a program compiles. */
const WARM_UP = 1024

/** A connection on which nothing will happen. */
export const idleTarget = ({ row, url, tlsUrl, ca }: Task): { url: string; options: OpenOptions } => {
  const wire = Rows.wire(row)
  const silent = () => undefined
  const secure = row.workload.tls === true
  return {
    url: (secure ? tlsUrl : url) + resourceName("idle", wire),
    options: {
      lane: "array",
      sink: { message: silent, unit: silent },
      deflate: wire.deflate === true,
      wire,
      ...(secure ? { ca } : {})
    }
  }
}
