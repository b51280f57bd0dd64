export * as Certificate from "./Certificate.ts"
export * as Listener from "./Listener.ts"
export type { Peer } from "./MemoryConnection.ts"
export * as MemoryTransport from "./MemoryTransport.ts"
