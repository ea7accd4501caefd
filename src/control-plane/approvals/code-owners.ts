/** One line of a CODEOWNERS file. */
interface OwnerRule {
  readonly matches: (path: string) => boolean
  readonly owners: readonly string[]
}

const MOST_LINES = 5_000

/** Reads CODEOWNERS; what cannot be read as a rule is left out, so that it gives nobody an authority. */
function ownerRules(source: string): readonly OwnerRule[] {
  return source
    .split('\n')
    .slice(0, MOST_LINES)
    .map((line) => line.replace(/(^|\s)#.*$/, '').trim())
    .filter((line) => line !== '' && !line.startsWith('[') && !line.startsWith('^') && !line.startsWith('!'))
    .map((line) => {
      const [pattern = '', ...owners] = line.split(/\s+/)
      return { matches: matcherOf(pattern), owners: owners.map((owner) => owner.replace(/^@/, '')) }
    })
}

/** The owners of each path: the last rule that matches it counts, as forges have it; a path without one has none. */
export function ownersOf(source: string, paths: readonly string[]): readonly (readonly string[])[] {
  const rules = ownerRules(source)
  return paths.map((path) => rules.findLast(({ matches }) => matches(path))?.owners ?? [])
}

/** A pattern of a CODEOWNERS or approvals file as a question about a path; `**` spans folders, `*` does not. */
export function matcherOf(pattern: string): (path: string) => boolean {
  const anchored = pattern.startsWith('/') || pattern.replace(/\/$/, '').includes('/')
  const body = pattern.replace(/^\//, '').replace(/\/$/, '/**')
  const source = body
    .split(/(\*\*\/|\*\*|\*|\?)/)
    .map((part) => PARTS[part] ?? part.replaceAll(/[.+^${}()|[\]\\]/g, '\\$&'))
    .join('')
  const expression = new RegExp(`^${anchored ? '' : '(?:.*/)?'}${source}${body.endsWith('*') ? '' : '(?:/.*)?'}$`, 's')
  return (path) => expression.test(path)
}

const PARTS: Readonly<Record<string, string>> = { '**/': '(?:.*/)?', '**': '.*', '*': '[^/]*', '?': '[^/]' }
