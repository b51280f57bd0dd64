/**
 * How many messages a batch may hold: a whole number, at least 1, whatever was asked for. Never infinite, which is what a
 * stream asks an inbox for, and ends otherwise.
 */
export const batchSize = (most: number): number => Math.max(1, Math.min(Math.floor(most) || 1, Number.MAX_SAFE_INTEGER))
