/**
 * What of Node takes time to load and not every program needs, loaded when it is first used: fs and zlib 3 ms each, crypto 5,
 * and tls 10, which also has another thread read the certificates that the environment names. `process` is the global one,
 * since an import of it asks for all that it has, the standard streams among them: 4 ms.
 */

export const fs = (): typeof import("node:fs") => (loaded.fs ??= process.getBuiltinModule("node:fs"))

export const zlib = (): typeof import("node:zlib") => (loaded.zlib ??= process.getBuiltinModule("node:zlib"))

export const crypto = (): typeof import("node:crypto") => (loaded.crypto ??= process.getBuiltinModule("node:crypto"))

export const tls = (): typeof import("node:tls") => (loaded.tls ??= process.getBuiltinModule("node:tls"))

/** Asking Node each time would cost microseconds: it compares all that a module exports with what it exported before. */
const loaded: {
  fs?: typeof import("node:fs")
  zlib?: typeof import("node:zlib")
  crypto?: typeof import("node:crypto")
  tls?: typeof import("node:tls")
} = {}
