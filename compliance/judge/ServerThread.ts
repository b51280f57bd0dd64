/** The casebook server in a thread of its own, so that a busy client cannot hold up the judge's clock. */
import { parentPort, workerData } from "node:worker_threads"
import * as Casebook from "../casebook/Casebook.ts"
import { listen } from "../casebook/Server.ts"
import type { FromServer, ServerSettings } from "./Run.ts"

const { messages } = workerData as ServerSettings
const post = (message: FromServer): void => parentPort?.postMessage(message)

const { url } = await listen({
  cases: [...Casebook.autobahn(), ...Casebook.chapters()],
  messages,
  port: 0,
  onResult: (result) => post({ kind: "result", result })
})
post({ kind: "listening", url })
