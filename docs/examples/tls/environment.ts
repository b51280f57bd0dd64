import { WebSocket } from "@effect-websocket/client"
import { TlsOptions } from "@effect-websocket/transport"
import { Config, ConfigProvider, Console, Effect } from "effect"

const provider = ConfigProvider.constantCase(ConfigProvider.fromEnv())

export const program = (url: string) =>
  Effect.gen(function* () {
    const tls = yield* Config.schema(TlsOptions, ["ws", "tls"]).parse(provider)
    const { info } = yield* WebSocket.connect(url, { tls })
    yield* Console.log(`${info.tls?.version}, verified to be ${info.tls?.verifiedName}`)
  }).pipe(Effect.scoped)
