const START_SLOTS = 1 << 13
const START_LETTERS = 1 << 16

/**
 * Words by number, in the order they were first met. They are found by their letters in one block of bytes, so that
 * meeting a word again makes no string: a source of a thousand lines has some five thousand words, few of them new.
 */
export class InternedWords {
  #slots = new Int32Array(START_SLOTS)
  #letters = new Uint16Array(START_LETTERS)
  #used = 0
  readonly #starts: number[] = [0]
  readonly #hashes: number[] = []

  get size(): number {
    return this.#hashes.length
  }

  /** The number of the word that stands in a text from `begin` to `end`; the next free number where it is new. */
  numberOf(text: string, begin: number, end: number): number {
    let hash = 0x811c9dc5
    for (let at = begin; at < end; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
    let slot = this.#slotOf(hash)
    for (let known = this.#slots[slot] ?? 0; known !== 0; known = this.#slots[slot] ?? 0) {
      if (this.#hashes[known - 1] === hash && this.#isWord(known - 1, text, begin, end)) return known - 1
      slot = (slot + 1) & (this.#slots.length - 1)
    }
    const id = this.#keep(hash, text, begin, end)
    this.#slots[slot] = id + 1
    if (this.size * 2 > this.#slots.length) this.#grow()
    return id
  }

  /** All words by their number. */
  all(): readonly string[] {
    return Array.from({ length: this.size }, (_, id) => {
      const letters = this.#letters.subarray(this.#starts[id], this.#starts[id + 1])
      return String.fromCharCode(...letters)
    })
  }

  #slotOf(hash: number): number {
    return (hash ^ (hash >>> 15)) & (this.#slots.length - 1)
  }

  #isWord(id: number, text: string, begin: number, end: number): boolean {
    const start = this.#starts[id] ?? 0
    if ((this.#starts[id + 1] ?? 0) - start !== end - begin) return false
    for (let at = begin; at < end; at++) if (this.#letters[start + at - begin] !== text.charCodeAt(at)) return false
    return true
  }

  #keep(hash: number, text: string, begin: number, end: number): number {
    const id = this.size
    if (this.#used + end - begin > this.#letters.length) {
      const larger = new Uint16Array(Math.max(this.#letters.length * 2, this.#used + end - begin))
      larger.set(this.#letters)
      this.#letters = larger
    }
    for (let at = begin; at < end; at++) this.#letters[this.#used++] = text.charCodeAt(at)
    this.#starts.push(this.#used)
    this.#hashes.push(hash)
    return id
  }

  #grow(): void {
    this.#slots = new Int32Array(this.#slots.length * 2)
    for (const [id, hash] of this.#hashes.entries()) {
      let slot = this.#slotOf(hash)
      while (this.#slots[slot] !== 0) slot = (slot + 1) & (this.#slots.length - 1)
      this.#slots[slot] = id + 1
    }
  }
}
