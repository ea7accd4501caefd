/** What an artifact holds; decides who may read it and how long it is kept. */
export type DataClass = 'public' | 'internal' | 'confidential' | 'restricted'

/** A reference to stored bytes by their content. */
export interface ArtifactRef {
  /** Hex SHA-256 of the bytes. */
  readonly sha256: string
  readonly bytes: number
}

/** Content-addressed bytes. Writes are atomic: a hash that can be read has all its bytes on disk. */
export interface ArtifactStore {
  /** Stores bytes and returns their address. @throws GanderError `storage_full`, `storage_unwritable` */
  put(content: string | Uint8Array): Promise<ArtifactRef>
  /** The bytes of an address, or undefined when there are none. @throws GanderError `artifact_corrupt` */
  get(sha256: string): Promise<Uint8Array | undefined>
  /** Absolute path of the bytes, for people; undefined when there are none. */
  locate(sha256: string): Promise<string | undefined>
}
