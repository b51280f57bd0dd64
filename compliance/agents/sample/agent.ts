/**
 * A client small enough to be read in one sitting and complete enough to pass the casebook, so that it can be broken
 * in one place at a time (`Flaw`). It shares no code with the casebook or with our client.
 */
import { randomBytes } from "node:crypto"
import { connect, type Socket } from "node:net"
import { setTimeout as sleep } from "node:timers/promises"
import { type Agent, maxMessageBytes } from "../Agent.ts"
import { Deflate } from "./Deflate.ts"
import type { Flaw } from "./Flaw.ts"
import { type Event, Failure, Frames } from "./Frames.ts"
import * as Opening from "./Opening.ts"
import { Utf8 } from "./Utf8.ts"

/** `deadline` is how long it waits for an answer, and for the end of TCP, in milliseconds. */
export const make = (flaw?: Flaw, deadline = 10_000): Agent => ({
  run: async (address) => {
    const url = new URL(address)
    const socket = connect({ host: url.hostname, port: Number(url.port), allowHalfOpen: true })
    const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()))
    socket.on("error", () => {})
    const client = new Client(socket, flaw, deadline)
    await Promise.race([client.run(url), closed])
    socket.destroy()
  }
})

class Client {
  readonly #socket: Socket
  readonly #flaw: Flaw | undefined
  readonly #deadline: number
  readonly #opening = new AbortController()
  #deflate: Deflate | undefined
  #closing = false
  #delayed: Array<() => void> = []

  constructor(socket: Socket, flaw: Flaw | undefined, deadline: number) {
    this.#socket = socket
    this.#deadline = deadline
    this.#flaw = flaw
  }

  async run(url: URL): Promise<void> {
    const key = Opening.nonce()
    this.#socket.write(Opening.request(url, key))
    if (this.#flaw === "speaks-early") this.#frame(0x89, Buffer.from("early"))
    this.#limitTime(this.#opening.signal)
    const chunks = this.#socket.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer>
    const opened = await this.#open(chunks, key).catch(() => undefined)
    if (opened === undefined) return
    this.#opening.abort()
    this.#deflate = opened.agreed.compressed ? new Deflate(opened.agreed, this.#flaw) : undefined
    const frames = new Frames(opened.agreed.compressed, this.#flaw, maxMessageBytes)
    try {
      for (let chunk: Buffer | undefined = opened.rest; chunk !== undefined; chunk = await next(chunks)) {
        for (const event of frames.push(chunk)) if (await this.#handle(event)) return await this.#drain(chunks)
      }
    } catch (error) {
      await this.#close(this.#flaw === "wrong-code" ? 1000 : error instanceof Failure ? error.closeCode : 1011)
      await this.#drain(chunks)
    }
  }

  async #open(chunks: AsyncIterator<Buffer>, key: string) {
    let octets: Buffer = Buffer.alloc(0)
    for (let chunk = await next(chunks); chunk !== undefined; chunk = await next(chunks)) {
      octets = Buffer.concat([octets, chunk])
      const answer = Opening.split(octets)
      if (answer === undefined) continue
      if (this.#flaw !== "any-answer") return { agreed: Opening.agree(answer.head, key), rest: answer.rest }
      return /^HTTP\/1.1 101/.test(answer.head) ? { agreed: Opening.nothing, rest: answer.rest } : undefined
    }
    return undefined
  }

  /** True when the connection is over, and only the end of TCP is to come. */
  async #handle(event: Event): Promise<boolean> {
    if (event.kind === "message") await this.#echo(event)
    if (event.kind === "ping" && this.#flaw !== "mute") {
      if (this.#flaw === "late-pong") this.#delayed.push(() => this.#frame(0x8a, event.payload))
      else await this.#frame(0x8a, event.payload)
    }
    if (event.kind !== "close") return false
    await this.#answerClose(event.payload)
    return this.#flaw !== "talks-after-close"
  }

  async #echo({ compressed, payload, text }: Event & { readonly kind: "message" }): Promise<void> {
    const limit = this.#flaw === "unbounded" ? 0x7fffffff : maxMessageBytes
    let message = compressed ? this.#expand(payload, limit) : payload
    if (compressed && text) {
      const utf8 = new Utf8()
      if (!utf8.push(message) || !utf8.complete) throw new Failure(1007, "not UTF-8")
    }
    if (this.#flaw === "truncates") message = message.subarray(0, 100)
    const opcode = text && this.#flaw !== "flips-kind" ? 0x01 : 0x02
    if (this.#deflate === undefined) await this.#frame(0x80 | opcode, message)
    else await this.#frame(0xc0 | opcode, this.#deflate.compress(message))
    for (const write of this.#delayed.splice(0)) write()
  }

  #expand(payload: Buffer, limit: number): Buffer {
    try {
      return this.#deflate!.expand(payload, limit)
    } catch (error) {
      throw error instanceof RangeError ? new Failure(1009, "message too big") : new Failure(1007, "not DEFLATE")
    }
  }

  /** RFC 6455 §5.5.1 and §7.4. */
  async #answerClose(payload: Buffer): Promise<void> {
    const code = payload.length >= 2 ? payload.readUInt16BE(0) : undefined
    const reserved = [1004, 1005, 1006, 1015]
    const legal =
      code !== undefined && ((code >= 1000 && code < 1016 && !reserved.includes(code)) || (code >= 3000 && code < 5000))
    if (payload.length === 1) throw new Failure(1002, "Close of one octet")
    if (code !== undefined && !legal && this.#flaw !== "any-close-code") throw new Failure(1002, "close code")
    const reason = new Utf8()
    if (!reason.push(payload.subarray(2)) || !reason.complete) throw new Failure(1007, "close reason")
    if (this.#flaw === "drops-at-close") return
    if (this.#flaw === "late-close") await sleep(1_500)
    await this.#close(code)
  }

  async #close(code: number | undefined): Promise<void> {
    if (this.#closing) return
    this.#closing = true
    await this.#frame(0x88, code === undefined ? Buffer.alloc(0) : Buffer.of(code >> 8, code & 0xff))
    if (this.#flaw !== "talks-after-close") this.#socket.end()
  }

  /** Input is thrown away until the server ends TCP, or the deadline has passed. */
  async #drain(chunks: AsyncIterator<Buffer>): Promise<void> {
    if (this.#flaw === "drops-at-close") return
    this.#limitTime()
    while ((await next(chunks)) !== undefined);
  }

  #limitTime(signal?: AbortSignal): void {
    if (this.#flaw === "patient") return
    void sleep(this.#deadline, undefined, { signal, ref: false }).then(
      () => this.#socket.destroy(),
      () => {}
    )
  }

  /** Resolves when the kernel has taken it: no echo waits in memory. */
  #frame(octet0: number, payload: Buffer): Promise<void> {
    const { length } = payload
    const size = this.#flaw === "long-lengths" ? 8 : length < 126 ? 0 : length < 65_536 ? 2 : 8
    const masked = this.#flaw !== "unmasked"
    const frame = Buffer.alloc(2 + size + (masked ? 4 : 0) + length)
    frame[0] = octet0
    frame[1] = (masked ? 0x80 : 0) | (size === 0 ? length : size === 2 ? 126 : 127)
    if (size === 2) frame.writeUInt16BE(length, 2)
    if (size === 8) frame.writeBigUInt64BE(BigInt(length), 2)
    const start = frame.length - length
    payload.copy(frame, start)
    if (masked) {
      const key = this.#flaw === "same-mask" ? Buffer.of(1, 2, 3, 4) : randomBytes(4)
      key.copy(frame, start - 4)
      for (let index = 0; index < length; index++) frame[start + index]! ^= key[index & 3]!
    }
    return new Promise((resolve) => {
      if (!this.#socket.writable) return resolve()
      // A Pong waits for nobody: a client that stops reading because it cannot write never comes back.
      if (octet0 === 0x8a && this.#socket.writableLength > 0x10000) return resolve()
      this.#socket.write(frame, () => resolve())
      if (octet0 === 0x8a) resolve()
    })
  }
}

/** The next octets; undefined when TCP has ended, one way or the other. */
const next = async (chunks: AsyncIterator<Buffer>): Promise<Buffer | undefined> => {
  try {
    const { done, value } = await chunks.next()
    return done ? undefined : value
  } catch {
    return undefined
  }
}
