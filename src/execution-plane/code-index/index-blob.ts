import { outlineOf, type SyntaxLanguage } from '#syntax'
import { unreadBecause } from './indexable.ts'
import type { IndexedBlob } from './segment-builder.ts'

/** A blob that is to be indexed. */
export interface BlobToIndex {
  readonly blob: string
  readonly language: SyntaxLanguage | undefined
  readonly bytes: Uint8Array
}

/** Reads what there is to know about one blob: nothing about one that nobody wrote, words alone where it does not parse. */
export async function readBlob({ blob, language, bytes }: BlobToIndex): Promise<IndexedBlob> {
  const facts = { blob, bytes: bytes.length, language }
  if (unreadBecause(bytes) !== undefined) return { ...facts, text: undefined, outline: undefined }
  const text = new TextDecoder().decode(bytes)
  const outline = language === undefined ? undefined : await outlineOf(language, text)
  return { ...facts, text, outline: outline?.ok === true ? outline.value : undefined }
}
