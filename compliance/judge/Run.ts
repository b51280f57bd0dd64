/**
 * Plays cases with one agent and collects the verdicts. Cases are independent, so several run at a time: the short
 * ones together, those that wait for seconds beside them, and the heavy ones afterwards, when no short timer runs.
 */
import { setTimeout as sleep } from "node:timers/promises"
import { Worker } from "node:worker_threads"
import type { Agent } from "../agents/Agent.ts"
import type { Case } from "../casebook/Case.ts"
import type { Result } from "../casebook/Result.ts"

export interface Options {
  readonly name: string
  readonly agent: Agent
  readonly cases: ReadonlyArray<Case>
  /** Messages per case in sections 12 and 13. */
  readonly messages: number
  readonly onProgress?: (done: number, result: Result) => void
}

export interface ServerSettings {
  readonly messages: number
}

export type FromServer =
  | { readonly kind: "listening"; readonly url: string }
  | { readonly kind: "result"; readonly result: Result }

/** One result per case, in the order of the cases. */
export const run = async (options: Options): Promise<ReadonlyArray<Result>> => {
  const server = await startServer(options.messages)
  const results = new Map<string, Result>()
  const playOne = async (subject: Case): Promise<void> => {
    const result = await play(options, server, subject)
    results.set(subject.id, result)
    options.onProgress?.(results.size, result)
  }
  try {
    const heavy = options.cases.filter((subject) => subject.heavy || subject.exchange)
    const light = options.cases.filter((subject) => !heavy.includes(subject))
    const slow = light.filter((subject) => subject.slow)
    const quick = light.filter((subject) => !subject.slow)
    await Promise.all([pool(slow, slow.length, playOne), pool(quick, quickAtOnce, playOne)])
    await pool(heavy, heavyAtOnce, playOne)
  } finally {
    await server.stop()
  }
  return options.cases.map(({ id }) => results.get(id)!)
}

interface Server {
  readonly url: string
  readonly result: (id: string) => Promise<Result>
  readonly stop: () => Promise<unknown>
}

const startServer = (messages: number): Promise<Server> =>
  new Promise((resolve, reject) => {
    const workerData: ServerSettings = { messages }
    const worker = new Worker(new URL("./ServerThread.ts", import.meta.url), { workerData })
    const waiting = new Map<string, (result: Result) => void>()
    worker.on("error", reject)
    worker.on("message", (message: FromServer) => {
      if (message.kind === "result") return waiting.get(message.result.id)?.(message.result)
      const result = (id: string) => new Promise<Result>((resolve) => waiting.set(id, resolve))
      resolve({ url: message.url, result, stop: () => worker.terminate() })
    })
  })

const play = async ({ agent, name }: Options, server: Server, subject: Case): Promise<Result> => {
  const judged = server.result(subject.id)
  let ended = false
  const running = agent
    .run(`${server.url}/runCase?case=${subject.id}&agent=${encodeURIComponent(name)}`)
    .catch(() => {})
    .then(() => {
      ended = true
    })
  // A client that gives up without a connection leaves the judge nothing to judge.
  const never = running.then(() => sleep(patience)).then(() => missing(name, subject))
  const result = await Promise.race([judged, never])
  await Promise.race([running, sleep(patience, undefined, { ref: false })])
  if (ended) return result
  const resultClose = "The connection was over, and the client did not end."
  return { ...result, behaviorClose: "FAILED", resultClose }
}

const missing = (agent: string, { does, expects, id }: Case): Result => ({
  id,
  agent,
  does,
  expects,
  behavior: "FAILED",
  behaviorClose: "FAILED",
  result: "The client never connected, or left before the case began.",
  resultClose: "There was no connection.",
  duration: 0,
  remoteCloseCode: null,
  log: []
})

/** Runs `work` on every item, at most `size` at a time, in order. */
const pool = async <A>(items: ReadonlyArray<A>, size: number, work: (item: A) => Promise<void>): Promise<void> => {
  const queue = items.values()
  const lane = async (): Promise<void> => {
    for (const item of queue) await work(item)
  }
  await Promise.all(Array.from({ length: size }, lane))
}

const quickAtOnce = 8
const heavyAtOnce = 3

/** Milliseconds that the client has after the verdict, or the judge after the client. */
const patience = 5_000
