/** How many messages a batch may hold: a whole number, at least 1, whatever was asked for. */
export const batchSize = (most: number): number => Math.max(1, Math.min(Math.floor(most) || 1, Number.MAX_SAFE_INTEGER))
