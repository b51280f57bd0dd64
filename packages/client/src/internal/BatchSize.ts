/**
 * How many messages a batch may hold: a whole number, at least 1, whatever the program asked for. Never infinite, since an
 * inbox takes that for a stream, which may end without a failure.
 */
export const batchSize = (most: number): number => Math.max(1, Math.min(Math.floor(most) || 1, Number.MAX_SAFE_INTEGER))
