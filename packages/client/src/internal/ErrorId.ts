/** The identifier of an error class, unique among all schemas of a program. */
export const errorId = (tag: string) => `@effect-websocket/client/${tag}`
