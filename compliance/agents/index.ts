/** The clients that can be judged, by name. Each is loaded only when it is asked for. */
import type { Agent } from "./Agent.ts"
import { flaws, isFlaw } from "./sample/Flaw.ts"

export const find = async (name: string): Promise<Agent> => {
  const flaw = name.replace(/^broken-/, "")
  if (name === "ours") return (await import("./ours.ts")).agent
  if (name === "ws") return (await import("./ws.ts")).agent
  if (name === "undici") return (await import("./undici.ts")).agent
  if (name === "sample") return (await import("./sample/agent.ts")).make()
  if (flaw !== name && isFlaw(flaw)) return (await import("./sample/agent.ts")).make(flaw)
  const broken = Object.keys(flaws).map((flaw) => `broken-${flaw}`)
  throw new Error(`no agent is named ${name}; there are ${["ours", "ws", "undici", "sample", ...broken].join(", ")}`)
}
