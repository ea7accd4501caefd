import type { RiskArea, RiskMap } from '#ports'
import { bounded } from '../ground/bounded.ts'
import { languageName } from '../files/languages.ts'
import type { Ground } from '../ground/ground.ts'
import { RISK_RULES, type RiskRule } from './risk-table.ts'

const MOST_FILES = 50
/** What nobody here wrote is a risk of whoever did, and of the manifest that names it. */
const NOT_OWN: ReadonlySet<string> = new Set(['vendored', 'minified', 'binary', 'huge'])

/** Where care is due, by names alone: a file that is not named for what it does is not found. */
export function riskMapOf(ground: Ground): RiskMap {
  const paths = ground.files.filter(({ kind }) => !NOT_OWN.has(kind)).map(({ path }) => path)
  const areas = RISK_RULES.flatMap((rule) => {
    const { domain, level, reason } = rule
    const files = paths.filter((path) => concerns(rule, path))
    return files.length === 0 ? [] : [{ domain, level, reason, files: bounded(files, MOST_FILES) }]
  })
  const there = new Set(areas.map(({ domain }) => domain))
  return {
    version: 1,
    commit: ground.commit,
    areas,
    absent: RISK_RULES.filter(({ domain, absent }) => absent !== undefined && !there.has(domain)).map(
      ({ domain }) => domain,
    ),
  }
}

const concerns = ({ paths, code_only }: RiskRule, path: string): boolean =>
  paths.test(path) && (code_only === undefined || languageName(path) !== undefined)

/** Domains a path belongs to, the most serious first. */
export const riskDomainsOf = (path: string): readonly Pick<RiskArea, 'domain' | 'level' | 'reason'>[] =>
  RISK_RULES.filter((rule) => concerns(rule, path)).map(({ domain, level, reason }) => ({ domain, level, reason }))

/** What the absence of a domain is called; undefined where it says nothing. */
export const absenceNote = (domain: string): string | undefined =>
  RISK_RULES.find((rule) => rule.domain === domain)?.absent
