/** The `ws` package with its defaults, and a message limit of 16 MiB. */
import { WebSocket } from "ws"
import { type Agent, maxMessageBytes } from "./Agent.ts"

export const make = ({ deflate }: { readonly deflate: boolean }): Agent => ({
  run: (url) =>
    new Promise((resolve) => {
      const socket = new WebSocket(url, { maxPayload: maxMessageBytes, perMessageDeflate: deflate })
      socket.on("message", (data, binary) => socket.send(data, { binary }))
      socket.on("error", () => {})
      socket.on("close", () => resolve())
    })
})

export const agent: Agent = make({ deflate: true })
