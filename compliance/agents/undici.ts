/** undici, as Node's global `WebSocket`. */
import type { Agent } from "./Agent.ts"

export const agent: Agent = {
  run: (url) =>
    new Promise((resolve) => {
      const socket = new WebSocket(url)
      socket.binaryType = "arraybuffer"
      socket.onmessage = ({ data }) => socket.send(data)
      socket.onclose = () => resolve()
    })
}
