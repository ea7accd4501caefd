import type { TenantId } from '#domain/ids'
import type { PolicyBundle, PolicyDocument, PolicyLevel } from '#domain/policy'
import { ok, refuse, type Result } from '#domain/result'
import type { PolicyEngine } from '#ports'
import type { CompiledLevel } from '../levels/compile-level.ts'
import { compileLevels } from '../levels/compile-policy.ts'
import { POLICY_LIMITS } from '../levels/policy-schema.ts'
import { readPolicy, ruleCount } from '../levels/read-policy.ts'
import { wideningProblems } from '../levels/widening-problems.ts'

/** A file of a policy folder; the path is relative to the folder. */
export interface PolicyFile {
  readonly path: string
  readonly text: string
}

/** A bundle with its levels, compiled. */
export interface MadeBundle {
  readonly bundle: PolicyBundle
  readonly levels: readonly CompiledLevel[]
}

interface Making {
  readonly tenant: TenantId
  /** Absent: Cedar text is a problem. */
  readonly engine?: PolicyEngine | undefined
}

/** Files of a policy folder that are no policies. */
const BESIDE = /^(?:trust\.yaml|tests\/.*|.*\.md)$/

/**
 * Makes the bundle of one tenant from the files of a policy folder: `platform.yaml`, `tenants/TENANT.yaml`,
 * `teams/NAME.yaml`, `campaigns/NAME.yaml`, each with Cedar text in a file of the same name that ends in `.cedar`.
 * Every problem is told with its file.
 */
export function makeBundle(
  files: readonly PolicyFile[],
  { tenant, engine }: Making,
): Result<MadeBundle, readonly string[]> {
  const problems: string[] = []
  const documents: PolicyDocument[] = []
  const ends: string[] = []
  for (const [stem, words] of levelsIn(files, problems)) {
    const origin = originOf(stem, tenant)
    if (origin === undefined) problems.push(`${words.path}: there is no level for this file; known are ${PLACES}`)
    if (origin === undefined || origin === 'another tenant') continue
    const read = readPolicy(words.yaml, origin)
    if (!read.ok) problems.push(...read.refusal.map((problem) => `${words.path}: ${problem}`))
    else {
      const [own, ...of_tools] = read.value.documents
      if (own !== undefined) documents.push(withCedar(own, words.cedar), ...of_tools)
      if (read.value.expires_at !== null) ends.push(new Date(read.value.expires_at).toISOString())
    }
  }
  if (problems.length > 0) return refuse(problems)
  return compiled({ format: 'gander.policy.v1', documents, expires_at: ends.sort()[0] ?? null }, engine)
}

function compiled(bundle: PolicyBundle, engine: PolicyEngine | undefined): Result<MadeBundle, readonly string[]> {
  const { documents } = bundle
  const rules = documents.reduce((sum, document) => sum + ruleCount(document), 0)
  if (rules > POLICY_LIMITS.bundle_rules)
    return refuse([
      `${rules} rules are more than the ${POLICY_LIMITS.bundle_rules} of one bundle; join those that say the same`,
    ])
  const wider = documents.flatMap((document) => wideningProblems(document, documents))
  if (wider.length > 0) return refuse(wider)
  const levels = compileLevels(documents, engine)
  return levels.ok ? ok({ bundle, levels: levels.value }) : levels
}

interface LevelWords {
  readonly path: string
  readonly yaml: string
  readonly cedar: string | undefined
}

/** The YAML and the Cedar text of each level by the name of its files without their ending, in the order of names. */
function levelsIn(files: readonly PolicyFile[], problems: string[]): readonly (readonly [string, LevelWords])[] {
  const found = new Map<string, LevelWords>()
  for (const { path, text } of [...files].sort((a, b) => (a.path < b.path ? -1 : 1))) {
    if (BESIDE.test(path)) continue
    const ending = /\.(yaml|yml|cedar)$/.exec(path)?.[1]
    if (ending === undefined) {
      problems.push(`${path}: only .yaml and .cedar files are policies`)
      continue
    }
    const stem = path.slice(0, -ending.length - 1)
    const known = found.get(stem)
    const isCedar = ending === 'cedar'
    if (!isCedar && known !== undefined && known.yaml !== '') problems.push(`${path}: this level has two YAML files`)
    found.set(stem, {
      path: isCedar ? (known?.path ?? path) : path,
      yaml: isCedar ? (known?.yaml ?? '') : text,
      cedar: isCedar ? text : known?.cedar,
    })
  }
  return [...found]
}

const PLACES = 'platform.yaml, tenants/TENANT.yaml, teams/NAME.yaml and campaigns/NAME.yaml'

function originOf(
  stem: string,
  tenant: TenantId,
): { readonly level: PolicyLevel; readonly name: string } | 'another tenant' | undefined {
  if (stem === 'platform') return { level: 'platform', name: 'installation' }
  const [folder, name, ...deeper] = stem.split('/')
  if (name === undefined || deeper.length > 0 || !/^[a-z0-9][a-z0-9_-]{0,80}$/.test(name)) return undefined
  if (folder === 'tenants') return name === tenant ? { level: 'organisation', name: 'organisation' } : 'another tenant'
  if (folder === 'teams') return { level: 'team', name: `team/${name}` }
  return folder === 'campaigns' ? { level: 'campaign', name: `campaign/${name}` } : undefined
}

/** Cedar text of the YAML and of the file beside it are one set. */
const withCedar = (document: PolicyDocument, cedar: string | undefined): PolicyDocument =>
  cedar === undefined ? document : { ...document, cedar: [document.cedar ?? '', cedar].join('\n').trim() }
