/** A name with the name of what it belongs to. */
export interface Qualified {
  readonly owner: string
  readonly name: string
}

const PATH_TOKEN = /[\w.\-/\\~@+]{3,300}(?!\()/g
const SOURCE =
  /[\w-]\.(?:pyx?|pyi|[cm]?[jt]sx?|vue|svelte|java|kts?|scala|groovy|go|rs|rb|cs|c|h|cc|cpp|cxx|hpp|php|swift|sh|ya?ml|toml|cfg|ini|json|xml|gradle|proto|sql|md|rst)$/
const QUALIFIED = /(?<![\w$])([A-Za-z_$][\w$]*)\)?(?:\.|::|#|->)(?=([A-Za-z_$][\w$]*))/g
const FLAG = /(?:^|[\s`'"([])--([a-z][a-z0-9]*(?:-[a-z0-9]+)*)/g
const KEBAB = /\b[a-z][a-z0-9]*(?:-[a-z0-9]+)+\b/g
const ALIAS: readonly RegExp[] = [
  /\bimport\s+[\w.]{1,100}\s+as\s+(\w{1,60})/g,
  /\bimport\s+(?:\*\s+as\s+)?(\w{1,60})\s+from\b/g,
  /\b(?:const|let|var)\s+(\w{1,60})\s*=\s*(?:await\s+)?(?:require|import)\(/g,
]
const LONGEST_LINE = 4_000

/** Paths of sources, configuration and documents. */
export const pathsIn = (line: string): readonly string[] =>
  [...line.matchAll(PATH_TOKEN)].map(([token]) => token.replace(/[.\-/]+$/, '')).filter((token) => SOURCE.test(token))

/** `Owner.name`, `owner::name`, `Owner#name`, `(*Owner).name`: each pair of a chain. */
export const qualifiedIn = (line: string): readonly Qualified[] =>
  line.length > LONGEST_LINE ? [] : [...line.matchAll(QUALIFIED)].map(([, owner = '', name = '']) => ({ owner, name }))

/** Other names of packages that code gives them. */
export const aliasesIn = (line: string): readonly string[] =>
  line.length > LONGEST_LINE
    ? []
    : ALIAS.flatMap((pattern) => [...line.matchAll(pattern)].map(([, alias = '']) => alias))

/** How code may spell the flags of a command line. */
export const flagsIn = (line: string): readonly string[] =>
  line.length > LONGEST_LINE ? [] : [...line.matchAll(FLAG)].flatMap(([, flag = '']) => spellings(flag))

/** How code may spell the names with hyphens in a text. */
export const kebabForms = (text: string): readonly string[] =>
  [...text.matchAll(KEBAB)].flatMap(([name]) => spellings(name))

function spellings(kebab: string): readonly string[] {
  const camel = kebab.replaceAll(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
  return [...new Set([kebab.replaceAll('-', '_'), camel, `${camel.charAt(0).toUpperCase()}${camel.slice(1)}`])]
}
