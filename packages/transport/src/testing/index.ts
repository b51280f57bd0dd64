export type { Peer } from "./MemoryConnection.ts"
export * as MemoryTransport from "./MemoryTransport.ts"
