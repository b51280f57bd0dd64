/**
 * One case on one connection: has the script played, reads the client, keeps the time, and reports what happened.
 * It holds the server's closing state (RFC 6455 §7.1); which outcome is right is for `Verdict` to say.
 */
import {
  type Agreement,
  type Case,
  type Event,
  event,
  type FrameFacts,
  type Hold,
  type Request,
  type Step
} from "./Case.ts"
import { ExchangeRun } from "./ExchangeRun.ts"
import * as Frame from "./Frame.ts"
import { FrameReader, type RawFrame } from "./FrameReader.ts"
import { MessageReader, type Payload, type Received } from "./MessageReader.ts"
import * as OpeningRequest from "./OpeningRequest.ts"
import * as Script from "./Script.ts"
import { Gate, Timers } from "./Timers.ts"
import { match, type Outcome } from "./Verdict.ts"
import { describe, type Wire } from "./Wire.ts"

export const play = async (subject: Case, wire: Wire, request: Request, messages: number): Promise<Outcome> => {
  const session = new Session(subject, wire, request, messages)
  await session.run()
  return session.outcome
}

class Session implements Script.Stage {
  readonly wire: Wire
  readonly timers = new Timers()
  readonly reading = new Gate()
  readonly #subject: Case
  readonly #request: Request
  readonly #agreement: Agreement | undefined
  readonly #messages: MessageReader
  readonly #exchange: ExchangeRun | undefined
  readonly #events: Array<Event> = []
  readonly #frames: Array<FrameFacts> = []
  #state: "open" | "closing" | "closed" = "open"
  #closedByServer = false
  #clean = false
  #endedByServer = false
  #remoteCloseCode: number | undefined
  #violation: string | undefined
  #octets = 0
  #framesAfterClose = 0
  #wake: () => void = () => {}

  constructor(subject: Case, wire: Wire, request: Request, messages: number) {
    this.#subject = subject
    this.wire = wire
    this.#request = request
    this.#agreement = subject.agree?.(OpeningRequest.offers(request))
    this.#messages = new MessageReader(this.#agreement)
    const { exchange } = subject
    this.#exchange = exchange && new ExchangeRun(exchange, messages, this.#agreement, wire)
  }

  get open(): boolean {
    return this.#state === "open"
  }

  get over(): boolean {
    return this.#state === "closed" || this.wire.gone
  }

  get outcome(): Outcome {
    const { complaints, frames, linger } = this.#subject
    const late = linger !== undefined && this.#framesAfterClose > 0 ? ["frames behind its Close"] : []
    return {
      opened: true,
      events: this.#events,
      closedByServer: this.#closedByServer,
      clean: this.#clean,
      remoteCloseCode: this.#remoteCloseCode,
      unimplemented: this.#unimplemented,
      exchange: this.#exchange?.verdict,
      violation: this.#violation,
      complaints: [...(complaints?.(this.#request) ?? []), ...(frames?.(this.#frames) ?? []), ...late],
      octetsAfterRequest: this.#octets,
      droppedByClient: !this.#endedByServer
    }
  }

  async run(): Promise<void> {
    void this.timers.after(this.#guard, () => this.#reset())
    void this.wire.closed.then(() => this.reading.open())
    const reading = this.#read()
    await Promise.race([this.#play(), this.wire.closed])
    void this.#startTimer()
    await Promise.all([reading, this.wire.closed])
    if (this.#subject.hold) this.#events.push(this.#endedByServer ? event("timeout", "TCP") : event("gone"))
    this.timers.stop()
    this.#messages.destroy()
    this.#exchange?.destroy()
  }

  /** Starts the closing handshake; the client has a second to answer. */
  async startClosing(octets: Uint8Array): Promise<void> {
    if (!this.open) return
    this.#state = "closing"
    this.#closedByServer = true
    this.#wake()
    if (this.#subject.hold === undefined) void this.timers.after(1, () => this.#clean || this.#reset())
    await this.wire.write(octets)
  }

  timeout(name: string): void {
    this.wire.log("-", `time-out ${name}`)
    this.#events.push(event("timeout", name))
  }

  async untilEvents(count: number): Promise<void> {
    while (this.#events.length < count && this.open && !this.wire.gone) {
      await Promise.race([this.wire.closed, new Promise<void>((resolve) => (this.#wake = resolve))])
    }
  }

  get #unimplemented(): boolean {
    return this.#subject.agree !== undefined && this.#agreement === undefined
  }

  async #play(): Promise<void> {
    const { opening = OpeningRequest.answer, steps } = this.#subject
    const answer = opening({
      accept: OpeningRequest.accept(this.#request),
      request: this.#request,
      extensions: this.#agreement?.answer ?? ""
    })
    const bow: ReadonlyArray<Step> = [{ close: Frame.close(1000) }]
    const script = this.#unimplemented ? bow : typeof steps === "function" ? steps() : steps
    await Script.play(Script.joined(answer, script), this)
    if (this.open) await this.#exchange?.start(() => this.startClosing(Frame.close(1000)))
  }

  async #read(): Promise<void> {
    const reader = new FrameReader()
    for await (const chunk of this.wire.read()) {
      await this.reading.passed
      this.#octets += chunk.length
      if (this.#subject.refused) this.wire.log("<", describe(chunk))
      else for (const frame of reader.push(chunk)) await this.#take(frame)
      if (reader.oversized) await this.#fail(1009, "a frame longer than any message of the case")
    }
    this.wire.log("-", "client ended TCP")
    this.#wake()
    if (this.#subject.hold === undefined) this.wire.end()
  }

  async #take(frame: RawFrame): Promise<void> {
    const { maskingKey, octet0, payload } = frame
    this.wire.log("<", `${octet0.toString(16)} ${payload.length} octets ${describe(payload)}`)
    if (this.#state === "closed") {
      this.#framesAfterClose++
      return
    }
    if (this.#subject.frames) {
      this.#frames.push({ octet0, maskingKey: maskingKey ?? 0, payloadLength: payload.length })
    }
    const received = await this.#messages.read(frame)
    if (received !== undefined) await this.#receive(received)
    this.#wake()
  }

  async #receive(received: Received): Promise<void> {
    if (received.kind === "close") return this.#closeReceived(received.closeCode)
    if (this.#violation !== undefined) return
    if (received.kind !== "violation") return this.#record(received)
    this.#remoteCloseCode = received.received
    await this.#fail(received.closeCode, received.rule)
  }

  async #record(received: Payload): Promise<void> {
    if (received.kind === "ping") void this.wire.write(Frame.frame(0x8a, received.payload))
    // Control frames are no echo: in an exchange they count for nothing, as in the original.
    const control = received.kind === "ping" || received.kind === "pong"
    if (this.#exchange !== undefined) return control ? undefined : this.#exchange.receive(received)
    this.#events.push([received.kind, received.payload])
    const { close, expected } = this.#subject
    if (close.by !== "server" || !this.open) return
    if (match(this.#events, expected.OK)) await this.startClosing(Frame.close(close.codes[0]))
  }

  async #closeReceived(closeCode: number | undefined): Promise<void> {
    this.#remoteCloseCode = closeCode
    this.#clean = true
    const starting = this.open
    this.#state = "closed"
    const { hold, linger } = this.#subject
    if (starting && hold?.answer !== false) await this.wire.write(Frame.close(closeCode))
    if (hold !== undefined) return
    const end = (): void => (starting ? this.wire.end() : this.#reset())
    if (linger === undefined) end()
    else void this.timers.after(linger, end)
  }

  /** "Fail the WebSocket Connection" (RFC 6455 §7.1.7), from the server's side. */
  async #fail(closeCode: number, rule: string): Promise<void> {
    this.wire.log("-", `the client broke a rule: ${rule}`)
    this.#violation = rule
    if (this.open) await this.startClosing(Frame.close(closeCode))
    else this.#reset()
  }

  #startTimer(): Promise<void> {
    const { exchange, hold, refused, timer } = this.#subject
    if (hold !== undefined) return this.#hold(hold)
    if (exchange !== undefined) return this.timers.after(exchange.limit, () => this.startClosing(Frame.close()))
    if (refused && "kill" in timer) return this.timers.after(timer.kill, () => this.#reset())
    if ("close" in timer) return this.timers.after(timer.close, () => this.startClosing(Frame.close()))
    return this.timers.after(timer.kill, () => this.startClosing(Frame.close(1001)))
  }

  /** Keeps TCP open and drips, which is what shows that the client has let the connection go. */
  async #hold({ drip, seconds }: Hold): Promise<void> {
    const end = performance.now() + seconds * 1000
    while (!this.wire.gone && performance.now() < end) {
      await this.timers.after(0.25)
      void this.wire.write(drip)
    }
    this.#reset()
  }

  #reset(): void {
    this.#endedByServer ||= !this.wire.gone
    this.wire.reset()
  }

  /** No session lasts longer than this, whatever the client does. */
  get #guard(): number {
    const { exchange, hold } = this.#subject
    return 30 + (exchange?.limit ?? 0) + (hold?.seconds ?? 0)
  }
}
