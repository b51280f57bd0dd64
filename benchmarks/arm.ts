/**
 * One arm: one peer, one row, one process. The task is its argument, the outcome its last line of output.
 *
 *     node arm.ts '{"peer":"ws", ...}'
 */
import process from "node:process"
import * as Connect from "./measure/Connect.ts"
import * as Crowd from "./measure/Crowd.ts"
import * as Echo from "./measure/Echo.ts"
import * as Idle from "./measure/Idle.ts"
import * as Import from "./measure/Import.ts"
import * as Receive from "./measure/Receive.ts"
import * as Send from "./measure/Send.ts"
import type { Outcome, Task } from "./measure/Task.ts"
import type { Peer } from "./peers/Peer.ts"
import type { Kind } from "./plan/Workloads.ts"

const measures: Record<Exclude<Kind, "import">, { measure: (peer: Peer, task: Task) => Promise<Outcome> }> = {
  receive: Receive,
  send: Send,
  echo: Echo,
  connect: Connect,
  idle: Idle,
  crowd: Crowd
}

const perform = async (task: Task): Promise<Outcome> => {
  const { kind } = task.row.workload
  if (kind === "import") return Import.measure(task)
  const { peer } = (await import(`./peers/${task.peer}.ts`)) as { peer: Peer }
  return measures[kind].measure(peer, task)
}

const outcome = await perform(JSON.parse(process.argv[2] ?? "{}") as Task)
process.stdout.write(`${JSON.stringify(outcome)}\n`, () => process.exit(0))
