/** Messages per second out of the program, from the first send to the server's word that all of them have arrived. */
import { messages } from "../Payloads.ts"
import type { Peer } from "../peers/Peer.ts"
import * as Rows from "../plan/Rows.ts"
import { resourceName } from "../server/Opening.ts"
import * as Sample from "./Sample.ts"
import type { Outcome, Task } from "./Task.ts"

export const measure = async (peer: Peer, { row, url, seconds }: Task): Promise<Outcome> => {
  const wire = Rows.wire(row)
  const series = messages(wire.payload, wire.size)
  let acknowledged = 0
  let wanted = 0
  let finish = () => {}
  const acknowledge = () => {
    acknowledged += 1
    if (acknowledged === wanted) finish()
    return undefined
  }

  const connection = await peer.open(url + resourceName("send", wire), {
    lane: "array",
    sink: { message: acknowledge, unit: acknowledge },
    deflate: wire.deflate === true,
    wire
  })
  const sample = await Sample.take(async (units) => {
    wanted = acknowledged + units
    const arrived = new Promise<void>((resolve) => {
      finish = resolve
    })
    await connection.sendMany(series, units * row.unit, row.workload.mode ?? "awaited")
    await arrived
  }, seconds)
  await connection.close()

  return { values: Sample.values(sample, row.unit), seen: { sent: acknowledged * row.unit }, problems: [] }
}
