import type { RiskArea, RiskMap } from '#ports'
import { isAside } from '../ground/aside.ts'
import { bounded, push } from '../ground/bounded.ts'
import type { Ground } from '../ground/ground.ts'
import { inTurns } from '../ground/in-turns.ts'
import { rulesFor } from './domains.ts'
import { importedNames } from './imported-names.ts'
import { RISK_RULES } from './risk-table.ts'

type Domain = Pick<RiskArea, 'domain' | 'level' | 'reason'>

const MOST_FILES = 50
/** What nobody here wrote is a risk of whoever did, and of the manifest that names it. */
const NOT_OWN: ReadonlySet<string> = new Set(['vendored', 'minified', 'binary', 'huge'])
const PUBLIC_API = RISK_RULES.find(({ domain }) => domain === 'public_api')

/**
 * Where care is due, by names and by what is imported: a file that is neither named for what it does nor uses a library
 * for it is not found. `entries` are the files that others import this repository by. Sources come before tests.
 */
export async function riskMapOf(ground: Ground, entries: ReadonlySet<string>): Promise<RiskMap> {
  const found = new Map<string, string[]>()
  const tests = new Map<string, string[]>()
  await inTurns(ground.files, ({ path, kind }) => {
    if (NOT_OWN.has(kind)) return
    for (const { domain } of riskDomainsOf(ground, entries, path)) push(kind === 'test' ? tests : found, domain, path)
  })
  const areas = RISK_RULES.flatMap(({ domain, level, reason }) => {
    const files = [...(found.get(domain) ?? []), ...(tests.get(domain) ?? [])]
    return files.length === 0 ? [] : [{ domain, level, reason, files: bounded(files, MOST_FILES) }]
  })
  const there = new Set(areas.map(({ domain }) => domain))
  return {
    version: 1,
    commit: ground.commit,
    areas,
    absent: RISK_RULES.flatMap(({ domain, absent }) => (absent === undefined || there.has(domain) ? [] : [domain])),
  }
}

/** Domains a path belongs to, the most serious first. The path need not be there. */
export function riskDomainsOf(ground: Ground, entries: ReadonlySet<string>, path: string): readonly Domain[] {
  const file = ground.file(path)
  const is_shown = isAside(path) || (file?.kind === 'test' && file.language === undefined)
  const imported = file === undefined || file.kind !== 'source' || is_shown ? [] : importedNames(ground, file)
  const rules = rulesFor(path, imported, !is_shown)
  const is_entry = PUBLIC_API !== undefined && entries.has(path) && !rules.includes(PUBLIC_API)
  return [...rules, ...(is_entry ? [PUBLIC_API] : [])]
    .map(({ domain, level, reason }) => ({ domain, level, reason }))
    .toSorted((a, b) => Number(b.level === 'high') - Number(a.level === 'high'))
}

/** What the absence of a domain is called; undefined where it says nothing. */
export const absenceNote = (domain: string): string | undefined =>
  RISK_RULES.find((rule) => rule.domain === domain)?.absent
