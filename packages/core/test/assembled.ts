import { type Assembler, type Failure, isFailure } from "../src/Assembler.ts"
import { FrameDecoder } from "../src/FrameDecoder.ts"
import * as Platform from "../src/Platform.ts"

/** What an assembler makes of the reads' data frames, a failure last, and after how many bytes that came. */
export const assembled = <A>(assembler: Assembler<A>, chunks: ReadonlyArray<Uint8Array>) => {
  const decoder = new FrameDecoder({ role: "client", rsv1: true, mask: Platform.pure.mask })
  const given: Array<A | Failure> = []
  let read = 0
  for (const chunk of chunks) {
    decoder.push(chunk)
    read += chunk.length
    while (decoder.next() === decoder) {
      const answer = assembler.take(decoder)
      if (answer !== undefined) given.push(answer)
      if (isFailure(answer ?? {})) return { given, failedAt: read }
    }
  }
  return { given, failedAt: undefined }
}
