/**
 * Encodes values as messages, and describes what is wrong with a value in either direction.
 */
import { MessageParts } from "@effect-websocket/core"
import { escapePeerText, NodePlatform } from "@effect-websocket/transport"
import * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import * as SchemaParser from "effect/SchemaParser"
import type { Message, SendOptions } from "../Connection.ts"
import { InvalidMessage } from "../Errors.ts"
import { json, type MessageCodec } from "../MessageCodec.ts"
import { EncodeFailed } from "../MessageErrors.ts"

export const encoderOf = <In>(options: {
  readonly send: Schema.ConstraintCodec<In, unknown, unknown>
  readonly codec?: MessageCodec | undefined
}): ((value: In) => Effect.Effect<Message, EncodeFailed>) => {
  const { codec = json, send } = options
  const encode = SchemaParser.encodeUnknownEffect(codec(send))
  // Suspended, so that encoding begins when the Effect runs, and an exception is a defect of that run.
  return (value) => Effect.suspend(() => Effect.mapError(encode(value), (issue) => new EncodeFailed(problemOf(issue))))
}

/** Checks a message that is sent later, as a connection would, while its sender can still be told. */
export const legal = (message: Message, kind?: SendOptions["kind"]): Effect.Effect<Message, InvalidMessage> => {
  const invalid = MessageParts.invalid(message, kind, NodePlatform.platform)
  return invalid === undefined ? Effect.succeed(message) : Effect.fail(new InvalidMessage(invalid))
}

/** What is wrong and where. This may quote the peer, such as object keys, so it is escaped. */
export const problemOf = (issue: SchemaIssue.Issue): { readonly problem: string } => ({
  problem: escapePeerText(format(issue).slice(0, longProblem).replace(/\s+/g, " "))
})

const format = SchemaIssue.makeFormatterDefault()

/** More characters than are ever shown, and few enough to escape quickly. */
const longProblem = 1000
