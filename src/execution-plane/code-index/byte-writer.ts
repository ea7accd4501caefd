/** Bytes that grow; numbers are written seven bits at a time, the lowest first (LEB128). */
export class ByteWriter {
  #bytes = new Uint8Array(4_096)
  #length = 0

  get length(): number {
    return this.#length
  }

  /** Writes a whole number from 0 to 2^32 - 1. */
  number(value: number): void {
    this.#makeRoom(5)
    let left = value
    while (left >= 0x80) {
      this.#bytes[this.#length++] = (left & 0x7f) | 0x80
      left >>>= 7
    }
    this.#bytes[this.#length++] = left
  }

  text(value: string): void {
    this.#makeRoom(value.length * 3)
    this.#length += Buffer.from(this.#bytes.buffer).write(value, this.#length, 'utf8')
  }

  /** What was written, as a view. */
  done(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  #makeRoom(more: number): void {
    if (this.#length + more <= this.#bytes.length) return
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + more))
    larger.set(this.#bytes)
    this.#bytes = larger
  }
}
