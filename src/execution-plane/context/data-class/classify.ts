import type { ContextDataClass, DropReason } from '#domain/context'
import { PATH_RULES, ROW_RULES } from './class-rules.ts'

/** The class of a text, and the rule that says so; null where it is what code of the tenant is anyway. */
export interface Classified {
  readonly data_class: ContextDataClass
  readonly why: string | null
}

const INTERNAL: Classified = { data_class: 'internal', why: null }
const MOST_LINES = 20_000

/** Classes a text of a repository by its path, then by its rows. Names of people and identity numbers are not known. */
export function classify(path: string, text: string): Classified {
  const named = PATH_RULES.find((rule) => rule.path.test(path))
  if (named?.data_class === 'secret' || named?.data_class === 'regulated')
    return { data_class: named.data_class, why: `${named.id}: ${named.why}` }
  const lines = text.split('\n', MOST_LINES)
  for (const { id, why, isRow, at_least } of ROW_RULES) {
    const rows = lines.filter((line) => line.length < 4_000 && isRow(line)).length
    if (rows >= at_least) return { data_class: 'regulated', why: `${id}: ${rows} ${why}` }
  }
  return named === undefined ? INTERNAL : { data_class: named.data_class, why: `${named.id}: ${named.why}` }
}

/** Why a class reaches no model; undefined where it may, as the redacted projection that everything sent is. */
export const keptBack = (data_class: ContextDataClass): DropReason | undefined =>
  data_class === 'secret' || data_class === 'regulated' ? data_class : undefined
