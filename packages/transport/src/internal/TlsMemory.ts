/**
 * What one `Transport` remembers of TLS, so that later connections cost less: parsed contexts, found by the content of all that
 * they were made of, and sessions to resume (RFC 8446 §2.2, RFC 5077). A renewed certificate has another content, so it gets a
 * new context, which has no sessions. Both are limited in number, and are gone when the layer is.
 */
import type { SecureContext } from "node:tls"
import * as Effect from "effect/Effect"
import * as Builtin from "./Builtin.ts"
import type * as ServerIdentity from "./ServerIdentity.ts"

/** A session, and what was verified in its full handshake: a resumed handshake shows no certificate. */
export interface Session {
  readonly context: SecureContext
  /** Which server it is with, and how that was verified, as one text. */
  readonly server: string
  readonly ticket: Uint8Array
  readonly shown: ServerIdentity.Shown | undefined
  /** When its full handshake was, in milliseconds. */
  readonly verifiedAt: number
}

export class TlsMemory {
  readonly #contexts = new Map<string, SecureContext>()
  readonly #sessions: Array<Kept> = []

  /** The context made of these parts, or a new one. */
  context<E>(
    parts: ReadonlyArray<string | Uint8Array>,
    make: Effect.Effect<SecureContext, E>
  ): Effect.Effect<SecureContext, E> {
    const content = digest(parts)
    const known = this.#contexts.get(content)
    return Effect.map(known === undefined ? make : Effect.succeed(known), (context) => {
      // Moves it to the end: the one that was not used for longest is forgotten first.
      this.#contexts.delete(content)
      this.#contexts.set(content, context)
      if (this.#contexts.size > maxContexts) this.#contexts.delete(this.#contexts.keys().next().value!)
      return context
    })
  }

  /** Takes the newest session with the server out: no ticket is shown twice (RFC 8446 §C.4). */
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

/** Holds the context weakly: a program may make one for each connection, and a session without its context is useless. */
type Kept = Omit<Session, "context"> & { readonly context: WeakRef<SecureContext> }

/** Resuming skips the verification of the chain, so an earlier result counts only for a while. */
const isFresh = ({ shown, verifiedAt }: Kept, now: number): boolean =>
  now - verifiedAt < maxSessionAge && (shown === undefined || now < shown.described.validTo.getTime())

const digest = (parts: ReadonlyArray<string | Uint8Array>): string => {
  const hash = Builtin.crypto().createHash("sha256")
  for (const part of parts) hash.update(`${part.length} `).update(part)
  return hash.digest("base64")
}

/** A program has few sets of certificates. Each context holds its parsed authorities, up to a few MiB. */
const maxContexts = 16
/** About 2 KiB each. A server sends one or two for each connection. */
const maxSessions = 128
/** One hour. */
const maxSessionAge = 3_600_000
