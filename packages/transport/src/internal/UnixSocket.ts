/** From a path to a connection over a unix socket. The path is the address; there is nothing to look up. */
import * as Net from "node:net"
import * as Effect from "effect/Effect"
import { during } from "../DialStep.ts"
import { TransportError, Unreachable } from "../TransportError.ts"
import type { Connect } from "./Hop.ts"
import { connectReason } from "./NodeError.ts"
import * as OpenDuplex from "./OpenDuplex.ts"
import { ReadBuffer } from "./ReadBuffer.ts"

/** Connects to the destination's `socketPath`. On Linux, a path that begins with NUL is an abstract name. */
export const connect: Connect = ({ report, socketPath = "" }, carriesTls) => {
  const detail = show(socketPath)
  const opened = socketPath === "" ? nothing : Effect.suspend(() => open(socketPath, detail, carriesTls))
  return during(opened, { report, stage: "unix", detail })
}

const open = (path: string, detail: string, carriesTls: boolean) => {
  const readBuffer = carriesTls ? undefined : new ReadBuffer()
  return OpenDuplex.open<Net.Socket>({
    ...(readBuffer && { readBuffer }),
    // As for TCP, a Close frame may have to go out after the peer's end of stream.
    create: () => Net.connect({ path, allowHalfOpen: true, ...(readBuffer && { onread: readBuffer.onread() }) }),
    ready: "connect",
    reason: (error) => connectReason(detail, "unix", error)
  })
}

/** Shows the NUL of an abstract name as @, as most tools do. */
const show = (path: string): string => path.replace(/^\0/, "@")

/** Fails, since Node would take an empty path for TCP. */
const nothing = Effect.suspend(() =>
  Effect.fail(new TransportError({ reason: new Unreachable({ address: '""', code: "ENOENT" }) }))
)
