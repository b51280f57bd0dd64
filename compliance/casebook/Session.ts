/**
 * Plays one case on one connection: writes the script, reads the client, keeps the time, and reports what happened.
 * It holds the server's closing state (RFC 6455 §7.1); which outcome is right is for `Verdict` to say.
 */
import { setTimeout as sleep } from "node:timers/promises"
import {
  type Agreement,
  type Case,
  type Event,
  event,
  type Flood,
  type FrameFacts,
  type Hold,
  type Request,
  type Step
} from "./Case.ts"
import { ExchangeRun } from "./ExchangeRun.ts"
import * as Frame from "./Frame.ts"
import { FrameReader, type RawFrame } from "./FrameReader.ts"
import { MessageReader, type Payload } from "./MessageReader.ts"
import * as OpeningRequest from "./OpeningRequest.ts"
import { match, type Outcome } from "./Verdict.ts"
import { describe, type Wire } from "./Wire.ts"

export const play = async (subject: Case, wire: Wire, request: Request, messages: number): Promise<Outcome> => {
  const session = new Session(subject, wire, request, messages)
  await session.run()
  return session.outcome
}

class Session {
  readonly #subject: Case
  readonly #wire: Wire
  readonly #request: Request
  readonly #agreement: Agreement | undefined
  readonly #messages: MessageReader
  readonly #exchange: ExchangeRun | undefined
  readonly #events: Array<Event> = []
  readonly #frames: Array<FrameFacts> = []
  readonly #timers = new AbortController()
  #state: "open" | "closing" | "closed" = "open"
  #closedByServer = false
  #clean = false
  #endedByServer = false
  #remoteCloseCode: number | undefined
  #violation: string | undefined
  #octets = 0
  readonly #reading = new Gate()
  #wake: () => void = () => {}

  constructor(subject: Case, wire: Wire, request: Request, messages: number) {
    this.#subject = subject
    this.#wire = wire
    this.#request = request
    this.#agreement = subject.agree?.(OpeningRequest.offers(request))
    this.#messages = new MessageReader(this.#agreement)
    const { exchange } = subject
    this.#exchange = exchange && new ExchangeRun(exchange, messages, this.#agreement, wire)
  }

  get outcome(): Outcome {
    const { complaints, frames } = this.#subject
    return {
      opened: true,
      events: this.#events,
      closedByServer: this.#closedByServer,
      clean: this.#clean,
      remoteCloseCode: this.#remoteCloseCode,
      unimplemented: this.#unimplemented,
      exchange: this.#exchange?.verdict,
      violation: this.#violation,
      complaints: [...(complaints?.(this.#request) ?? []), ...(frames?.(this.#frames) ?? [])],
      octetsAfterRequest: this.#octets,
      droppedByClient: !this.#endedByServer
    }
  }

  async run(): Promise<void> {
    void this.#after(this.#guard, () => this.#reset())
    const reading = this.#read()
    void this.#wire.closed.then(() => this.#reading.open())
    await Promise.race([this.#play(this.#script()), this.#wire.closed])
    void this.#startTimer()
    await Promise.all([reading, this.#wire.closed])
    if (this.#subject.hold) this.#events.push(this.#endedByServer ? event("timeout", "TCP") : event("gone"))
    this.#state = "closed"
    this.#timers.abort()
    this.#messages.destroy()
    this.#exchange?.destroy()
  }

  get #unimplemented(): boolean {
    return this.#subject.agree !== undefined && this.#agreement === undefined
  }

  /** The answer and the script; the first frames share a segment with the answer, as they do in the original. */
  #script(): ReadonlyArray<Step> {
    const { opening = OpeningRequest.answer, steps } = this.#subject
    const answer = opening({
      accept: OpeningRequest.accept(this.#request),
      request: this.#request,
      extensions: this.#agreement?.answer ?? ""
    })
    if (this.#unimplemented) return [...answer, { close: Frame.close(1000) }]
    return joined(answer, typeof steps === "function" ? steps() : steps)
  }

  async #play(steps: ReadonlyArray<Step>): Promise<void> {
    for (const step of steps) {
      if (this.#wire.gone) return
      if ("write" in step) await this.#wire.write(step.write, step.chop)
      else if ("close" in step) await this.#close(step.close)
      else if ("flood" in step) await this.#flood(step)
      else if ("events" in step) await this.#untilEvents(step.events)
      else if ("reading" in step) step.reading ? this.#reading.open() : this.#reading.shut()
      else if ("tcp" in step) step.tcp === "fin" ? this.#wire.fin() : this.#reset()
      else if (!(await this.#wait(step))) return
    }
    if (this.#state === "open") await this.#exchange?.start(() => this.#close(Frame.close(1000)))
  }

  async #wait(step: { readonly wait: number; readonly timeout?: string }): Promise<boolean> {
    await this.#after(step.wait, () => {})
    if (step.timeout === undefined) return !this.#wire.gone
    if (this.#state !== "open") return false
    this.#wire.log("-", `time-out ${step.timeout}`)
    this.#events.push(event("timeout", step.timeout))
    return true
  }

  async #flood(step: Flood): Promise<void> {
    const end = performance.now() + (step.seconds ?? 20) * 1000
    for (let sent = 0; sent < step.octets && performance.now() < end; sent += step.flood.length) {
      if (this.#state === "closed" || this.#wire.gone) return
      await this.#wire.write(step.flood)
      if (step.every !== undefined) await this.#after(step.every, () => {})
    }
  }

  async #untilEvents(count: number): Promise<void> {
    while (this.#events.length < count && this.#state === "open" && !this.#wire.gone) {
      await Promise.race([this.#wire.closed, new Promise<void>((resolve) => (this.#wake = resolve))])
    }
  }

  async #read(): Promise<void> {
    const reader = new FrameReader()
    for await (const chunk of this.#wire.read()) {
      await this.#reading.passed
      this.#octets += chunk.length
      if (this.#subject.refused) this.#wire.log("<", describe(chunk))
      else if (this.#state !== "closed") for (const frame of reader.push(chunk)) await this.#take(frame)
      if (reader.oversized) await this.#fail(1009, "a frame longer than any message of the case")
    }
    this.#wire.log("-", "client ended TCP")
    this.#wake()
    if (this.#subject.hold === undefined) this.#wire.end()
  }

  async #take(frame: RawFrame): Promise<void> {
    if (this.#state === "closed") return
    const { maskingKey, octet0, payload } = frame
    this.#wire.log("<", `${octet0.toString(16)} ${payload.length} octets ${describe(payload)}`)
    if (this.#subject.frames) {
      this.#frames.push({ octet0, maskingKey: maskingKey ?? 0, payloadLength: payload.length })
    }
    const received = await this.#messages.read(frame)
    if (received?.kind === "close") await this.#closeReceived(received.closeCode)
    else if (this.#violation !== undefined || received === undefined) return
    else if (received.kind === "violation") await this.#fail(received.closeCode, received.rule)
    else await this.#record(received)
    this.#wake()
  }

  async #record(received: Payload): Promise<void> {
    if (this.#exchange !== undefined) return this.#exchange.receive(received)
    this.#events.push([received.kind, received.payload])
    const { close, expected } = this.#subject
    if (close.by !== "server" || this.#state !== "open") return
    if (match(this.#events, expected.OK)) await this.#close(Frame.close(close.codes[0]))
  }

  async #closeReceived(closeCode: number | undefined): Promise<void> {
    this.#remoteCloseCode = closeCode
    this.#clean = true
    const starting = this.#state === "open"
    this.#state = "closed"
    const { hold } = this.#subject
    if (starting && hold?.answer !== false) await this.#wire.write(Frame.close(closeCode))
    if (hold !== undefined) return
    if (starting) this.#wire.end()
    else this.#reset()
  }

  /** Starts the closing handshake; the client has a second to answer. */
  async #close(octets: Uint8Array): Promise<void> {
    if (this.#state !== "open") return
    this.#state = "closing"
    this.#closedByServer = true
    this.#wake()
    if (this.#subject.hold === undefined) void this.#after(1, () => this.#reset())
    await this.#wire.write(octets)
  }

  /** "Fail the WebSocket Connection" (RFC 6455 §7.1.7), from the server's side. */
  async #fail(closeCode: number, rule: string): Promise<void> {
    this.#wire.log("-", `the client broke a rule: ${rule}`)
    this.#violation = rule
    if (this.#state === "open") await this.#close(Frame.close(closeCode))
    else this.#reset()
  }

  #startTimer(): Promise<void> {
    const { exchange, hold, refused, timer } = this.#subject
    if (this.#state === "closed" && hold === undefined) return Promise.resolve()
    if (hold !== undefined) return this.#hold(hold)
    if (exchange !== undefined) return this.#after(exchange.limit, () => this.#close(Frame.close()))
    if (refused && "kill" in timer) return this.#after(timer.kill, () => this.#reset())
    if ("close" in timer) return this.#after(timer.close, () => this.#close(Frame.close()))
    return this.#after(timer.kill, () => this.#close(Frame.close(1001)))
  }

  /** Keeps TCP open and drips, which is what shows that the client has let the connection go. */
  async #hold({ drip, seconds }: Hold): Promise<void> {
    const end = performance.now() + seconds * 1000
    while (!this.#wire.gone && performance.now() < end) {
      await this.#after(0.25, () => {})
      void this.#wire.write(drip)
    }
    this.#reset()
  }

  #reset(): void {
    this.#endedByServer ||= !this.#wire.gone
    this.#wire.reset()
  }

  /** A timer acts only after the octets that were there before it have been read, so a busy loop costs no verdict. */
  async #after(seconds: number, act: () => unknown): Promise<void> {
    try {
      await sleep(seconds * 1000, undefined, { signal: this.#timers.signal })
      for (let turns = 0; turns < 3; turns++) await sleep(0, undefined, { signal: this.#timers.signal })
    } catch {
      return
    }
    await act()
  }

  /** No session lasts longer than this, whatever the client does. */
  get #guard(): number {
    const { exchange, hold } = this.#subject
    return 30 + (exchange?.limit ?? 0) + (hold?.seconds ?? 0)
  }
}

/** The last write of the answer and the first of the script as one, unless either is chopped. */
const joined = (answer: ReadonlyArray<Step>, script: ReadonlyArray<Step>): ReadonlyArray<Step> => {
  const [head, first] = [answer.at(-1), script[0]]
  const apart = [...answer, ...script]
  if (head === undefined || first === undefined || !("write" in head) || head.chop) return apart
  const before = answer.slice(0, -1)
  if ("write" in first && !first.chop) {
    return [...before, { write: Frame.concat(head.write, first.write) }, ...script.slice(1)]
  }
  if ("close" in first) return [...before, { close: Frame.concat(head.write, first.close) }, ...script.slice(1)]
  return apart
}

/** Open at first; what awaits it while it is shut goes on when it opens. */
class Gate {
  passed: Promise<void> = Promise.resolve()
  open: () => void = () => {}

  shut(): void {
    this.passed = new Promise((resolve) => (this.open = resolve))
  }
}
