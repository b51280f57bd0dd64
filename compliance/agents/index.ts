/** The clients that can be judged, by name. Each is loaded only when it is asked for. */
import type { Agent } from "./Agent.ts"

export const find = async (name: string): Promise<Agent> => {
  if (name === "ws") return (await import("./ws.ts")).agent
  if (name === "undici") return (await import("./undici.ts")).agent
  throw new Error(`no agent is named ${name}`)
}
