/** By which name a class of errors is known among all schemas of a program. */
export const errorId = (tag: string) => `@effect-websocket/client/${tag}`
