/**
 * Makes a byte stream that can only be pulled flow: a fiber of the session pulls it, and waits while nobody wants more. Streams
 * that flow by themselves need no such fiber.
 */
import type { ByteSink, ByteStream } from "@effect-websocket/transport"
import type { NonEmptyReadonlyArray } from "effect/Array"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"

export class Pulling {
  private readonly pull: ByteStream["pull"]
  private sink: ByteSink | undefined
  private onSink: (() => void) | undefined

  constructor(stream: ByteStream) {
    this.pull = stream.pull
  }

  flow(sink: ByteSink): void {
    this.sink = sink
    const wake = this.onSink
    this.onSink = undefined
    wake?.()
  }

  /** Pulls to the end of the stream, and then tells the end to every sink. */
  get run(): Effect.Effect<never> {
    const give = Effect.map(this.pull, (chunks) => this.give(chunks))
    const pullAll = Effect.forever(Effect.andThen(this.awaitSink, give), { disableYield: true })
    return Effect.catch(pullAll, (end) => {
      const failure = Cause.isDone(end) ? undefined : end
      const tell = Effect.map(this.awaitSink, () => this.take().ended(failure))
      return Effect.forever(tell, { disableYield: true })
    })
  }

  /** The sink may call `flow` while it takes the chunks. */
  private give(chunks: NonEmptyReadonlyArray<Uint8Array>): void {
    const sink = this.take()
    if (sink.take(chunks)) this.sink ??= sink
  }

  private take(): ByteSink {
    const sink = this.sink!
    this.sink = undefined
    return sink
  }

  private get awaitSink(): Effect.Effect<void> {
    return Effect.callback<void>((resume) => {
      if (this.sink !== undefined) return resume(Effect.void)
      const wake = () => resume(Effect.void)
      this.onSink = wake
      return Effect.sync(() => {
        this.onSink = undefined
      })
    })
  }
}
