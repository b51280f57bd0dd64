/** With --slash, a line that begins with a slash is a command and no message. Pure. */

export type Command =
  | { readonly _tag: "Ping" | "Pong"; readonly payload: Uint8Array | undefined }
  | { readonly _tag: "Close"; readonly closeCode: number; readonly closeReason: string }

/** The command, or what is wrong with it; undefined if the line is none. */
export const command = (line: Uint8Array): Command | string | undefined => {
  if (line[0] !== slash) return undefined
  const [, name, rest = ""] = /^\/(\S*)\s*(.*)$/su.exec(new TextDecoder().decode(line)) ?? []
  switch (name) {
    case "ping":
    case "pong":
      return {
        _tag: name === "ping" ? "Ping" : "Pong",
        payload: rest === "" ? undefined : new TextEncoder().encode(rest)
      }
    case "close": {
      const found = /^(?:(\d+)(?:\s+(.*))?)?$/su.exec(rest)
      if (found === null) return commands
      const [, closeCode = 1000, closeReason = ""] = found
      return { _tag: "Close", closeCode: Number(closeCode), closeReason }
    }
    default:
      return commands
  }
}

const slash = 0x2f

const commands = "the commands are /ping [payload], /pong [payload] and /close [code [reason]]"
