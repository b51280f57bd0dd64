/** Round trips over many connections at once, one outstanding on each: what a message costs must not depend on how many. */
import type { Connection, Peer } from "../peers/Peer.ts"
import * as Rows from "../plan/Rows.ts"
import { resourceName } from "../server/Opening.ts"
import * as Sample from "./Sample.ts"
import type { Outcome, Task } from "./Task.ts"

export const measure = async (peer: Peer, { row, url, seconds }: Task): Promise<Outcome> => {
  const wire = Rows.wire(row)
  const message = "x".repeat(wire.size)
  let outstanding = 0
  let toSend = 0
  let sent = 0
  let wrong = 0
  let finish = () => {}

  const next = () => {
    outstanding -= 1
    if (outstanding === 0 && toSend === 0) finish()
    return toSend > 0 ? take() : undefined
  }
  const take = () => {
    toSend -= 1
    sent += 1
    outstanding += 1
    return message
  }

  const connections: Array<Connection> = []
  for (let opened = 0; opened < row.size; opened++) {
    const connection = await peer.open(url + resourceName("echo", wire), {
      lane: row.workload.lane ?? "each",
      sink: {
        message: (reply) => {
          if (reply !== message) wrong += 1
          return next()
        },
        unit: next
      },
      deflate: false,
      wire
    })
    connections.push(connection)
  }
  const sample = await Sample.take(
    (units) =>
      new Promise((resolve) => {
        finish = resolve
        toSend = units * MESSAGES
        for (const connection of connections.slice(0, toSend)) connection.send(take())
      }),
    seconds
  )
  await Promise.all(connections.map((connection) => connection.close()))
  return {
    values: Sample.values(sample, MESSAGES),
    seen: { sent, connections: connections.length },
    problems: wrong > 0 ? [`${wrong} replies were not what was sent`] : []
  }
}

/** In a unit of work: one for each connection of the largest crowd. */
const MESSAGES = 2000
