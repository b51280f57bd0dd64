/**
 * Values into messages, and what is said when that fails, in either direction.
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
  // Encoding begins when the Effect runs, and throws nothing that is not a defect of this run.
  return (value) => Effect.suspend(() => Effect.mapError(encode(value), (issue) => new EncodeFailed(problemOf(issue))))
}

/** Looks at a message that is sent later as a connection would now, while its sender can still be told. */
export const legal = (message: Message, kind?: SendOptions["kind"]): Effect.Effect<Message, InvalidMessage> => {
  const invalid = MessageParts.invalid(message, kind, NodePlatform.platform)
  return invalid === undefined ? Effect.succeed(message) : Effect.fail(new InvalidMessage(invalid))
}

/** What is wrong and where, which may be in words of the peer: object keys, or what a parser complains about. */
export const problemOf = (issue: SchemaIssue.Issue): { readonly problem: string } => ({
  problem: escapePeerText(format(issue).slice(0, longProblem).replace(/\s+/g, " "))
})

const format = SchemaIssue.makeFormatterDefault()

/** More than is ever shown, and little to escape. */
const longProblem = 1000
