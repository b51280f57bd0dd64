/** What tests of programs need: a server to script, a pair in memory, and entropy without surprises. */

export { layerPredictable } from "./Entropy.ts"
export * as Pair from "./Pair.ts"
export * as Server from "./Server.ts"
export * as ServerPeer from "./ServerPeer.ts"
