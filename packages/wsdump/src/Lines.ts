/** Bytes in, lines out: input comes in pieces that end anywhere. */

export class Lines {
  private rest: Array<Uint8Array> = []
  /** How many bytes of a line wait for its end. */
  waiting = 0

  /** The lines that are complete, without their `\n` or `\r\n`. */
  push(bytes: Uint8Array): ReadonlyArray<Uint8Array> {
    const lines: Array<Uint8Array> = []
    let start = 0
    for (let end = bytes.indexOf(lineFeed); end >= 0; end = bytes.indexOf(lineFeed, start)) {
      lines.push(withoutReturn(this.take(bytes.subarray(start, end))))
      start = end + 1
    }
    if (start < bytes.length) {
      this.rest.push(bytes.subarray(start))
      this.waiting += bytes.length - start
    }
    return lines
  }

  /** The last line, if none ended it. */
  end(): ReadonlyArray<Uint8Array> {
    return this.rest.length === 0 ? [] : [withoutReturn(this.take(new Uint8Array(0)))]
  }

  private take(last: Uint8Array): Uint8Array {
    if (this.rest.length === 0) return last
    const line = new Uint8Array(this.waiting + last.length)
    let at = 0
    for (const part of [...this.rest, last]) {
      line.set(part, at)
      at += part.length
    }
    this.rest = []
    this.waiting = 0
    return line
  }
}

const withoutReturn = (line: Uint8Array) => (line.at(-1) === carriageReturn ? line.subarray(0, -1) : line)

const lineFeed = 0x0a
const carriageReturn = 0x0d
