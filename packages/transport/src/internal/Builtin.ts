/**
 * Modules of Node that take time to load and that not every program needs, loaded on first use: fs and zlib take 3 ms each,
 * crypto 5, and tls 10, which also makes another thread read the certificates that the environment names. `process` is the
 * global, since importing it touches everything it has, including the standard streams: 4 ms.
 */

export const fs = (): typeof import("node:fs") => (loaded.fs ??= process.getBuiltinModule("node:fs"))

export const zlib = (): typeof import("node:zlib") => (loaded.zlib ??= process.getBuiltinModule("node:zlib"))

export const crypto = (): typeof import("node:crypto") => (loaded.crypto ??= process.getBuiltinModule("node:crypto"))

export const tls = (): typeof import("node:tls") => (loaded.tls ??= process.getBuiltinModule("node:tls"))

/** Kept, since asking Node each time costs microseconds: it compares all exports of the module with the earlier ones. */
const loaded: {
  fs?: typeof import("node:fs")
  zlib?: typeof import("node:zlib")
  crypto?: typeof import("node:crypto")
  tls?: typeof import("node:tls")
} = {}
