/**
 * What one `Transport` remembers of TLS, so that a connection costs less than the first: contexts that were parsed, by
 * the content of everything that went into them, and sessions to resume (RFC 8446 §2.2, RFC 5077). A renewed
 * certificate is another content, hence another context without sessions. Both are bounded, and go with their layer.
 */
import type { SecureContext } from "node:tls"
import * as Effect from "effect/Effect"
import * as Builtin from "./Builtin.ts"
import type * as ServerIdentity from "./ServerIdentity.ts"

/** A session, and what was verified when it began: a resumed handshake shows no certificate. */
export interface Session {
  readonly context: SecureContext
  /** Whom it is with, and how it was verified. */
  readonly server: string
  readonly ticket: Uint8Array
  readonly shown: ServerIdentity.Shown | undefined
  /** In milliseconds: when its full handshake was. */
  readonly verifiedAt: number
}

export class TlsMemory {
  readonly #contexts = new Map<string, SecureContext>()
  readonly #sessions: Array<Kept> = []

  /** The context that was made of these parts, or a new one. */
  context<E>(
    parts: ReadonlyArray<string | Uint8Array>,
    make: Effect.Effect<SecureContext, E>
  ): Effect.Effect<SecureContext, E> {
    const content = digest(parts)
    const known = this.#contexts.get(content)
    return Effect.map(known === undefined ? make : Effect.succeed(known), (context) => {
      // The one that was used last is the last to be forgotten.
      this.#contexts.delete(content)
      this.#contexts.set(content, context)
      if (this.#contexts.size > maxContexts) this.#contexts.delete(this.#contexts.keys().next().value!)
      return context
    })
  }

  /** The newest session with the server, which is no longer kept: no ticket is shown twice (RFC 8446 §C.4). */
  take(context: SecureContext, server: string, now: number): Session | undefined {
    const index = this.#sessions.findLastIndex((kept) => kept.context.deref() === context && kept.server === server)
    const [session] = index < 0 ? [] : this.#sessions.splice(index, 1)
    return session !== undefined && isFresh(session, now) ? { ...session, context } : undefined
  }

  keep(session: Session): void {
    this.#sessions.push({ ...session, context: new WeakRef(session.context) })
    if (this.#sessions.length > maxSessions) this.#sessions.shift()
  }
}

/** A session of a context that nobody has any more is of no use: a program may make one for each connection. */
type Kept = Omit<Session, "context"> & { readonly context: WeakRef<SecureContext> }

/** Resuming skips the verification of the chain, so its result is only used for so long. */
const isFresh = ({ shown, verifiedAt }: Kept, now: number): boolean =>
  now - verifiedAt < maxSessionAge && (shown === undefined || now < shown.described.validTo.getTime())

const digest = (parts: ReadonlyArray<string | Uint8Array>): string => {
  const hash = Builtin.crypto().createHash("sha256")
  for (const part of parts) hash.update(`${part.length} `).update(part)
  return hash.digest("base64")
}

/** A program has few sets of certificates; each holds its parsed authorities, up to some MiB. */
const maxContexts = 16
/** About 2 KiB each. A server sends one or two for each connection. */
const maxSessions = 128
/** One hour. */
const maxSessionAge = 3_600_000
