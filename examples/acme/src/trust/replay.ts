/**
 * Ids of tokens that were used, kept until the tokens would be refused as expired anyway. Bounded: when it is full of ids that are
 * still live, nothing more is accepted.
 */
export class UsedIds {
  readonly #until = new Map<string, number>()
  readonly #limit: number

  constructor(limit = 500_000) {
    this.#limit = limit
  }

  /** Uses the id up. False when it was used before, or when there is no room to remember it. */
  use(id: string, until: number, now: number): boolean {
    for (const [old, end] of this.#until) {
      if (end > now) break
      this.#until.delete(old)
    }
    if (this.#until.has(id) || this.#until.size >= this.#limit) return false
    this.#until.set(id, until)
    return true
  }
}
