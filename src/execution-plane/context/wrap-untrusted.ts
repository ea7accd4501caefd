import { createHash } from 'node:crypto'
import { neutralise } from '#domain/text'

/** What a wrapped text is and where it comes from. */
interface Labelled {
  readonly id: string
  /** What a reader should take it for, such as `src/a.ts lines 1-40`. */
  readonly source: string
  readonly trust: string
}

/** Puts data between delimiters that carry a key. */
export type Wrap = (label: Labelled, text: string) => string

/** Hex of a keyed hash with the run's secret. */
export type Sign = (text: string) => string

/**
 * Wraps with a key made of the run's secret, the item and its text. Whoever wrote the text cannot know the key, so the
 * text cannot end its own block; the same text in the same place gets the same key again, so prefix caches hold.
 * Without `sign` the key is a plain hash of the text, which no text can hold of itself.
 */
export function createWrapper(sign: Sign = plain): Wrap {
  return ({ id, source, trust }, text) => {
    const shown = neutralise(text)
    const key = sign(`${id}\n${source}\n${shown}`).slice(0, 16)
    return `<data key=${key} id=${id} source="${attribute(source)}" trust=${trust}>\n${shown}\n</data key=${key}>`
  }
}

const plain: Sign = (text) => createHash('sha256').update(text).digest('hex')

/** Names come from the repository as well: nothing in one may look like the end of the tag. */
const attribute = (text: string): string =>
  neutralise(text)
    .replaceAll(/["<>\n\t]/g, ' ')
    .slice(0, 300)
