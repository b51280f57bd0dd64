/** One turn of one arm: a process that measures one row, and the comparison of what it saw with what the server saw. */
import { execFile } from "node:child_process"
import process from "node:process"
import { promisify } from "node:util"
import type { Outcome, Task } from "../measure/Task.ts"
import type { Arm } from "../plan/Arms.ts"
import { type Row, wire } from "../plan/Rows.ts"
import type { Report } from "../server/Usage.ts"
import type { Server } from "./Server.ts"

export interface Turn {
  readonly values: Readonly<Record<string, number>>
  /** Messages, round trips or connections that the server could have driven per second of its own CPU time. */
  readonly serverRate: number
}

export interface Setting {
  readonly server: Server
  /** In front of every arm's command: on which cores. */
  readonly prefix: ReadonlyArray<string>
  /** Who issued the server's certificate (PEM). */
  readonly ca: string
  readonly seconds: number
}

/** The turn, or what went wrong. */
export const take = async (arm: Arm, row: Row, setting: Setting): Promise<Turn | string> => {
  const { server, prefix, ca, seconds } = setting
  const task: Task = { peer: arm.peer, row, url: server.url, tlsUrl: server.tlsUrl, ca, seconds }
  const [program = "", ...args] = [...prefix, ...arm.command]
  await server.report()
  try {
    const { stdout } = await promisify(execFile)(program, [...args, JSON.stringify(task)], {
      env: { ...process.env, NO_COLOR: "1", ...arm.env },
      timeout: TIMEOUT + seconds * 20_000,
      killSignal: "SIGKILL"
    })
    const outcome = JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "") as Outcome
    const report = await server.report()
    const problems = [...outcome.problems, ...report.problems, ...disagreements(row, outcome, report)]
    if (problems.length > 0) return problems.join("; ")
    return { values: outcome.values, serverRate: driven(report) / report.cpuSeconds }
  } catch (error) {
    await server.report()
    return reason(error as Failure)
  }
}

const driven = ({ messagesIn, messagesOut, connections }: Report): number =>
  Math.max(messagesIn, messagesOut, connections)

const disagreements = (row: Row, { seen }: Outcome, report: Report): ReadonlyArray<string> => {
  const { kind, deflate } = row.workload
  const checks: ReadonlyArray<[what: string, client: number | undefined, server: number]> = [
    ["messages to the client", seen.received, kind === "receive" ? report.messagesOut : report.messagesIn],
    ["messages from the client", seen.sent, report.messagesIn],
    ["connections", seen.connections, report.connections],
    kind !== "send"
      ? ["", undefined, 0]
      : deflate === true
        ? ["compressed messages", seen.sent, report.compressedIn]
        : ["bytes", (seen.sent ?? 0) * wire(row).size, report.payloadBytesIn]
  ]
  return checks.flatMap(([what, client, atServer]) =>
    client === undefined || client === atServer
      ? []
      : [`${what}: ${client} by the client's count, ${atServer} by the server's`]
  )
}

const reason = ({ code, message, stderr = "", killed }: Failure): string => {
  if (killed === true) return "took too long"
  const line =
    stderr.split("\n").find((text) => /^\S*(Error|Exception|error)\b/.test(text)) ?? stderr.trim().split("\n").at(-1)
  return (line || (typeof code === "number" ? `ended with ${code}` : message)).slice(0, 200)
}

/** How `execFile` rejects. */
type Failure = Error & { readonly code?: number | string; readonly stderr?: string; readonly killed?: boolean }

/** Milliseconds to start and connect. */
const TIMEOUT = 30_000
