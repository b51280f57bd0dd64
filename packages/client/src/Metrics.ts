/**
 * The metrics of this library: their names, units and meanings, and nothing else. They are in the `MetricRegistry` of the fiber
 * that connects, with its `CurrentMetricAttributes`, so a program labels its clients like everything else. `internal/Meter`
 * does the counting, and `internal/Spans` counts reconnects.
 */
import * as Metric from "effect/Metric"

const counter = (name: string, description: string, unit?: string) =>
  Metric.counter(`websocket_${name}`, { description, incremental: true, ...(unit && { attributes: { unit } }) })

const gauge = (name: string, description: string, unit?: string) =>
  Metric.gauge(`websocket_${name}`, { description, ...(unit && { attributes: { unit } }) })

/** From a LAN to an overloaded server. */
const seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

const timer = (name: string, description: string) =>
  Metric.histogram(`websocket_${name}`, { description, boundaries: seconds, attributes: { unit: "seconds" } })

export const connectionsOpen = gauge(
  "connections_open",
  "Connections whose handshake was accepted and that have not ended"
)
export const connectionsOpened = counter("connections_opened", "Connections whose handshake was accepted")
export const handshakeSeconds = timer("handshake_seconds", "From the call of connect to the accepted handshake")

export const messagesReceived = counter("messages_received", "Whole messages received")
export const messagesSent = counter("messages_sent", "Whole messages encoded for sending")
export const framesReceived = counter("frames_received", "Frames received, including control frames")
export const framesSent = counter("frames_sent", "Frames encoded for sending, including control frames")
export const bytesReceived = counter("bytes_received", "Bytes read after the opening handshake, inside TLS", "bytes")
export const bytesSent = counter(
  "bytes_sent",
  "Bytes handed to the transport after the opening handshake, inside TLS",
  "bytes"
)

export const compressionRatioReceived = gauge(
  "compression_ratio_received",
  "Compressed over inflated size of the messages received compressed; 1 while there are none"
)
export const compressionRatioSent = gauge(
  "compression_ratio_sent",
  "Compressed over original size of the messages sent compressed; 1 while there are none"
)

export const inboxMessages = gauge("inbox_messages", "Messages read but not yet taken by the program")
export const inboxBytes = gauge(
  "inbox_bytes",
  "Size of messages read but not yet taken, in bytes or UTF-16 units",
  "bytes"
)
export const outboxMessages = gauge("outbox_messages", "Messages waiting in the outboxes of long-lived clients")
export const outboxBytes = gauge(
  "outbox_bytes",
  "Bytes accepted but not yet handed to the kernel, including those in outboxes",
  "bytes"
)

export const roundTripSeconds = timer("round_trip_seconds", "From the flush of a ping to its pong")

/** One series for each `cause`: the tag of the failure that ended the connection, or the reason why none was made. */
export const reconnects = counter("reconnects", "Attempts of long-lived clients after a loss, by its cause")
