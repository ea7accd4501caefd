/** Fields of a value that may be anything; none where it is no object. */
export const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}

export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

export const stringOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

/** The strings of a list, or a string as a list of one. */
export const stringsOf = (value: unknown): readonly string[] =>
  typeof value === 'string' ? [value] : listOf(value).filter((each) => typeof each === 'string')

const REMARKS = /"(?:\\.|[^"\\\n])*"|\/\/[^\n]*|\/\*[^]*?(?:\*\/|$)/g
const LAST_COMMAS = /"(?:\\.|[^"\\\n])*"|,(?=\s*[}\]])/g

/** The fields of a JSON text that may have remarks and commas too many; none where it cannot be read. */
export function readJson(text: string | undefined): Readonly<Record<string, unknown>> {
  if (text === undefined) return {}
  try {
    return fieldsOf(JSON.parse(text))
  } catch {
    return readLoosely(text)
  }
}

function readLoosely(text: string): Readonly<Record<string, unknown>> {
  const keepStrings = (match: string): string => (match.startsWith('"') ? match : '')
  try {
    return fieldsOf(JSON.parse(text.replaceAll(REMARKS, keepStrings).replaceAll(LAST_COMMAS, keepStrings)))
  } catch {
    return {}
  }
}
