/**
 * A set of members that come and go all the time: an array in which each member knows its index.
 *
 * It is not a Set, because of V8's garbage collector. A full table of a Set refers to the table that replaces it. Once one
 * table is in V8's old space, all later ones and everything that was in them stay alive until the next full collection, so
 * none of a busy program's connections was ever collected young.
 */
export interface Member {
  /** Its index; undefined while it is in no crowd. Only `Crowd` writes it. */
  seat: number | undefined
}

export class Crowd<A extends Member> implements Iterable<A> {
  private readonly members: Array<A> = []

  get isEmpty(): boolean {
    return this.members.length === 0
  }

  /** Does nothing if it is a member already. */
  add(member: A): void {
    if (member.seat !== undefined) return
    member.seat = this.members.length
    this.members.push(member)
  }

  /** Returns whether it was a member. The last member takes its seat. */
  remove(member: A): boolean {
    const { seat } = member
    if (seat === undefined) return false
    member.seat = undefined
    const last = this.members.pop()!
    if (last === member) return true
    this.members[seat] = last
    last.seat = seat
    return true
  }

  [Symbol.iterator](): Iterator<A> {
    return this.members[Symbol.iterator]()
  }
}
