/**
 * The answer of an incremental reader that has not seen enough bytes yet. Compare with `===`.
 */
export interface NeedMore {
  readonly _tag: "NeedMore"
}

export const needMore: NeedMore = Object.freeze({ _tag: "NeedMore" })
