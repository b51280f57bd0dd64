/** The server process: started once, asked between arms what it has seen. */
import { spawn } from "node:child_process"
import process from "node:process"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import type { Report } from "../server/Usage.ts"

export interface Server {
  readonly url: string
  readonly tlsUrl: string
  /** What it did since it was last asked. */
  readonly report: () => Promise<Report>
  readonly stop: () => void
}

/** `prefix` says on which core. */
export const start = async (prefix: ReadonlyArray<string>): Promise<Server> => {
  const script = fileURLToPath(new URL("../server/main.ts", import.meta.url))
  const [program = "", ...args] = [...prefix, process.execPath, script]
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const line = async (): Promise<unknown> => {
    const { value, done } = await lines.next()
    if (done === true) throw new Error("the server has ended")
    return JSON.parse(value)
  }
  const { port, tlsPort } = (await line()) as { port: number; tlsPort: number }
  return {
    url: `ws://127.0.0.1:${port}`,
    tlsUrl: `wss://127.0.0.1:${tlsPort}`,
    report: () => {
      child.stdin.write("report\n")
      return line() as Promise<Report>
    },
    stop: () => child.stdin.end()
  }
}
