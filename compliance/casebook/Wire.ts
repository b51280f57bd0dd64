/**
 * One TCP connection as the judge uses it: writes whole or in chops, ends with FIN or RST, and keeps a bounded log of
 * what passed. It knows no WebSocket.
 */
import type { Socket } from "node:net"
import { setImmediate as turn } from "node:timers/promises"

export interface LogLine {
  /** Milliseconds since the connection was accepted. */
  readonly at: number
  /** `<` came from the client, `>` went to it, `-` is a remark. */
  readonly side: "<" | ">" | "-"
  readonly text: string
}

export class Wire {
  readonly #socket: Socket
  readonly #start = performance.now()
  readonly #log: Array<LogLine> = []
  #left = 0
  #closed = false
  readonly closed: Promise<void>

  constructor(socket: Socket) {
    this.#socket = socket
    socket.setNoDelay(true)
    socket.on("error", (error: NodeJS.ErrnoException) => this.log("-", `TCP ${error.code ?? error.message}`))
    this.closed = new Promise((resolve) => {
      socket.once("close", () => {
        this.#closed = true
        resolve()
      })
    })
  }

  get gone(): boolean {
    return this.#closed || this.#socket.destroyed
  }

  /** Octets as they come, until the client's FIN or the end of the connection. */
  async *read(): AsyncGenerator<Buffer> {
    try {
      for await (const chunk of this.#socket.iterator({ destroyOnReturn: false })) yield chunk as Buffer
    } catch {
      // A reset ends the octets like a FIN does; the log has its code.
    }
  }

  /** Writes and waits until the kernel has taken it, or the connection is gone. */
  async write(octets: Uint8Array, chop = 0): Promise<void> {
    for (const line of lines(octets)) this.log(">", line)
    if (chop === 0) return this.#send(octets)
    this.log("-", `in chops of ${chop}`)
    for (let start = 0; start < octets.length && !this.gone; start += chop) {
      const sent = this.#send(octets.subarray(start, start + chop))
      await turn()
      if (this.#socket.writableNeedDrain) await sent
    }
  }

  /** Several writes as one segment, as far as TCP lets us say so. */
  together(write: () => void): void {
    this.#socket.cork()
    write()
    this.#socket.uncork()
  }

  /** FIN on our side; the other side stays open. */
  fin(): void {
    this.log("-", "server sends FIN")
    if (!this.gone) this.#socket.end()
  }

  /** Ends the connection as soon as everything is written. */
  end(): void {
    this.log("-", "server ends TCP")
    this.#socket.destroySoon()
  }

  /** RST: whatever is in flight is lost. */
  reset(): void {
    if (this.gone) return
    this.log("-", "server aborts TCP")
    this.#socket.resetAndDestroy()
  }

  log(side: LogLine["side"], text: string): void {
    const at = Math.round(performance.now() - this.#start)
    this.#log.push({ at, side, text })
    if (this.#log.length > firstLines + lastLines) {
      this.#log.splice(firstLines, 1)
      this.#left++
    }
  }

  get lines(): ReadonlyArray<LogLine> {
    if (this.#left === 0) return this.#log
    const omitted = { at: this.#log[firstLines]!.at, side: "-", text: `${this.#left} lines left out` } as const
    return [...this.#log.slice(0, firstLines), omitted, ...this.#log.slice(firstLines)]
  }

  #send(octets: Uint8Array): Promise<void> {
    if (this.gone || this.#socket.writableEnded) return Promise.resolve()
    return Promise.race([new Promise<void>((resolve) => this.#socket.write(octets, () => resolve())), this.closed])
  }
}

/** Hex of the first octets, and how many there are. */
export const describe = (octets: Uint8Array): string => {
  const shown = Buffer.from(octets.buffer, octets.byteOffset, Math.min(octets.length, shownOctets)).toString("hex")
  return octets.length > shownOctets ? `${shown}… (${octets.length} octets)` : shown
}

/** What is written, for the log: the lines of an HTTP head, and hex of what is behind it. */
const lines = (octets: Uint8Array): ReadonlyArray<string> => {
  const text = Buffer.from(octets.buffer, octets.byteOffset, Math.min(octets.length, 1_024)).toString("latin1")
  const end = text.indexOf("\r\n\r\n")
  if (!text.startsWith("HTTP/") || end < 0) return [describe(octets)]
  const rest = octets.subarray(end + 4)
  return [...text.slice(0, end).split("\r\n"), ...(rest.length > 0 ? [describe(rest)] : [])]
}

const shownOctets = 40
const firstLines = 24
const lastLines = 12
