/** What the server has done since it was last asked. The harness asks before and after every arm. */
export class Usage {
  connections = 0
  messagesIn = 0
  payloadBytesIn = 0
  compressedIn = 0
  messagesOut = 0
  readonly problems: Array<string> = []
  #cpu = process.cpuUsage()

  problem(text: string): void {
    if (this.problems.length < 10 && !this.problems.includes(text)) this.problems.push(text)
  }

  /** The totals, and everything back to zero. */
  take(): Report {
    const { user, system } = process.cpuUsage(this.#cpu)
    const { connections, messagesIn, payloadBytesIn, compressedIn, messagesOut } = this
    const problems = this.problems.splice(0)
    this.connections = this.messagesIn = this.payloadBytesIn = this.compressedIn = this.messagesOut = 0
    this.#cpu = process.cpuUsage()
    const cpuSeconds = (user + system) / 1e6
    return { connections, messagesIn, payloadBytesIn, compressedIn, messagesOut, problems, cpuSeconds }
  }
}

export interface Report {
  readonly connections: number
  readonly messagesIn: number
  readonly payloadBytesIn: number
  readonly compressedIn: number
  readonly messagesOut: number
  readonly problems: ReadonlyArray<string>
  readonly cpuSeconds: number
}
