/**
 * Drives a fuzzing server through Autobahn's control paths: count the cases, run each, ask for its verdict, have the
 * reports written. It judges nothing: the verdicts are the server's, and `Expected` says which of them are worse.
 */
import { setTimeout as sleep } from "node:timers/promises"
import type { Agent } from "../agents/Agent.ts"

export interface Options {
  /** The server, such as `ws://127.0.0.1:9001`. */
  readonly url: string
  /** The name under which the server files the results. */
  readonly name: string
  readonly agent: Agent
  /** The first text that a control path says; undefined when it says none. */
  readonly ask: (url: string) => Promise<string | undefined>
  /** The ids in order, for a server that counts as many cases but does not tell their ids. */
  readonly ids: ReadonlyArray<string>
  readonly onCase?: (done: number, of: number, verdict: Verdict) => void
}

export interface Verdict {
  readonly id: string
  readonly behavior: string
  /** Only some servers tell; `index.json` always has it. */
  readonly behaviorClose: string | undefined
}

export const drive = async (options: Options): Promise<ReadonlyArray<Verdict>> => {
  const { agent, ask, name, url } = options
  const count = Number(await ask(`${url}/getCaseCount`))
  if (!Number.isInteger(count) || count < 1) throw new Error(`${url} is no fuzzing server: it did not count its cases`)
  const filed = `agent=${encodeURIComponent(name)}`
  const verdicts: Array<Verdict> = []
  for (let number = 1; number <= count; number++) {
    const id = await caseId(options, number, count)
    await agent.run(`${url}/runCase?case=${number}&${filed}`).catch(() => {})
    const verdict = { id, ...(await status(ask, `${url}/getCaseStatus?case=${number}&${filed}`)) }
    verdicts.push(verdict)
    options.onCase?.(number, count, verdict)
  }
  await ask(`${url}/updateReports?${filed}`)
  return verdicts
}

const caseId = async ({ ask, ids, url }: Options, number: number, count: number): Promise<string> => {
  const { id } = fields(await ask(`${url}/getCaseInfo?case=${number}`).catch(() => undefined))
  if (typeof id === "string") return id
  return (ids.length === count ? ids[number - 1] : undefined) ?? `case ${number}`
}

/** The server files a result when its side of TCP has ended, which may be a little after ours has. */
const status = async (ask: Options["ask"], url: string): Promise<Omit<Verdict, "id">> => {
  for (const delay of [0, 50, 200, 1_000]) {
    await sleep(delay)
    const { behavior, behaviorClose } = fields(await ask(url).catch(() => undefined))
    if (typeof behavior !== "string" || behavior === "MISSING") continue
    return { behavior, behaviorClose: typeof behaviorClose === "string" ? behaviorClose : undefined }
  }
  return { behavior: "MISSING", behaviorClose: undefined }
}

/** What a JSON object says; nothing, when the text is none. */
const fields = (text: string | undefined): Readonly<Record<string, unknown>> => {
  try {
    const value: unknown = JSON.parse(text ?? "")
    return typeof value === "object" && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}
