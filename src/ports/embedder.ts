/** A model that turns texts into vectors, near each other where the texts say the same. It may be configured, never required. */
export interface Embedder {
  /** Names the model and where it is asked: vectors of two names never compare. */
  readonly name: string
  /** One vector of length 1 for each text, in their order. @throws Error that says in its message why there is none */
  embed(texts: readonly string[]): Promise<readonly Float32Array[]>
}
