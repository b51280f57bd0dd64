/**
 * Resident memory that an open connection adds while nothing happens on it, garbage collected before each look.
 *
 * What opening left to V8 counts too: its young generation grows and stays, as large for a hundred connections as for a
 * million. With as many connections open before the first look it does not (`beside`).
 */
import process from "node:process"
import type { Connection, Peer } from "../peers/Peer.ts"
import { idleTarget } from "./Connect.ts"
import type { Outcome, Task } from "./Task.ts"

export const measure = async (peer: Peer, task: Task): Promise<Outcome> => {
  const target = idleTarget(task)
  const open = async (count: number): Promise<ReadonlyArray<Connection>> => {
    const connections: Array<Connection> = []
    let opening = 0
    const worker = async () => {
      while (connections.length + opening < count) {
        opening += 1
        const connection = await peer.open(target.url, target.options)
        opening -= 1
        connections.push(connection)
      }
    }
    await Promise.all(Array.from({ length: PARALLEL }, worker))
    return connections
  }

  // The first connections load code that the others share.
  const first = await open(task.row.workload.beside ?? PARALLEL)
  const before = await residentBytes()
  const rest = await open(task.row.size)
  const after = await residentBytes()
  await Promise.all([...first, ...rest].map((connection) => connection.close()))
  return {
    values: { resident: Math.max(0, after - before) / rest.length },
    seen: { connections: first.length + rest.length },
    problems: rest.length === task.row.size ? [] : [`${rest.length} connections were open`]
  }
}

const residentBytes = async (): Promise<number> => {
  for (let turn = 0; turn < 4; turn++) {
    collect()
    await new Promise((resolve) => setImmediate(resolve))
  }
  return process.memoryUsage.rss()
}

/** `--expose-gc` in Node and Deno. */
const collect = (): void => {
  const { gc, Bun } = globalThis as { gc?: () => void; Bun?: { gc: (force: boolean) => void } }
  if (gc !== undefined) gc()
  else if (Bun !== undefined) Bun.gc(true)
  else throw new Error("garbage collection is not exposed")
}

const PARALLEL = 32
