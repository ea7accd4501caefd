import type { Json } from '#domain/json'
import type { ChangedLineCoverage, MutantResult, StrengthReport } from '#domain/verification'
import { coverChangedLines, type LineHits } from '#execution-plane/line-coverage'
import { shownText, type Mutant } from '#execution-plane/mutation'
import { pickMutants, readSources, type Sources } from './pick-mutants.ts'
import { openGround, type Begun, type Ground, type TrialRequest, type Tried } from './mutant-ground.ts'

/** What came of it. */
export type Trials = Pick<StrengthReport, 'coverage' | 'mutants' | 'kill_ratio' | 'mutants_reason'>

/** What was settled before the first mutant is tried: on record, so that who goes on later goes on with the same. */
interface Picked extends Begun {
  readonly coverage: ChangedLineCoverage
  readonly mutants: readonly (Mutant & { readonly reached: boolean })[]
}

/**
 * Measures what the proposed tests reach and which planted defects they notice, in one sandbox that is used for nothing
 * else; one file is changed and put back for each mutant. What slips through is shown to the tests of the base commit, in
 * a sandbox of their own. Ends when the plan's minutes are over, and says so. What was tried is on record one by one: who
 * goes on after a crash tries none again, and opens no sandbox where none is left to try.
 * @throws GanderError as the driver's `open` and the repository
 */
export async function tryMutants(request: TrialRequest): Promise<Trials> {
  const sources = await readSources(request)
  const ground = openGround(request, sources, { tree: request.change.head_tree, report: request.after })
  try {
    const picked = await onRecord(request, 'picked', () => pick(request, sources, ground))
    const { coverage, passing } = picked
    if (picked.mutants.length > 0 && passing.length === 0)
      return { coverage, mutants: [], kill_ratio: null, mutants_reason: 'no test passes when it is run once more' }
    const { tried, used_ms } = await tryEach(picked, { request, ground, part: '' })
    const mutants = await beforeBaseTests({ request, sources, tried, used_ms })
    return { coverage, mutants, ...summed(mutants, picked.mutants.length) }
  } finally {
    await ground.close()
  }
}

async function onRecord<Value>(
  { once }: TrialRequest,
  part: string,
  act: () => Promise<Value & object>,
): Promise<Value> {
  if (once === undefined) return act()
  // What is on record under a part is what was put there.
  return (await once(part, async () => (await act()) as unknown as Json)) as unknown as Value
}

async function pick(request: TrialRequest, sources: Sources, ground: Ground): Promise<Picked> {
  if (request.sample === true) {
    // Chosen first: where nothing can be mutated no sandbox is opened.
    const mutants = await pickMutants({ ...request, most: request.plan.sample_mutants }, sources, undefined)
    const begun = mutants.length === 0 ? { passing: [], took_ms: 0, used_ms: 0 } : await ground.begin()
    const coverage = {
      measured: false,
      reason: 'the plan takes a sample of mutants where no test was altered',
    } as const
    return { ...begun, coverage, mutants: mutants.map((mutant) => ({ ...mutant, reached: true })) }
  }
  const { hits, measured, ...begun } = await ground.measure()
  const coverage =
    hits === undefined || 'measured' in measured
      ? 'measured' in measured
        ? measured
        : ({ measured: false, reason: 'nothing was measured' } as const)
      : coverChangedLines(sources.changed, hits, measured.by)
  const mutants = await pickMutants({ ...request, most: request.plan.mutants }, sources, hits)
  return { ...begun, coverage, mutants: mutants.map((mutant) => ({ ...mutant, reached: !isMissed(mutant, hits) })) }
}

function isMissed({ path, line }: Mutant, hits: readonly LineHits[] | undefined): boolean {
  const file = hits?.find((one) => one.path === path)
  return file !== undefined && file.executable.has(line) && !file.hit.has(line)
}

interface Trying {
  readonly request: TrialRequest
  readonly ground: Ground
  /** What the parts on record begin with. */
  readonly part: string
}

async function tryEach(
  { mutants, ...begun }: Pick<Picked, 'mutants'> & Begun,
  { request, ground, part }: Trying,
): Promise<{ readonly tried: readonly Tried[]; readonly used_ms: number }> {
  const tried: Tried[] = []
  let { used_ms } = begun
  for (const [at, { reached, ...mutant }] of mutants.entries()) {
    const left = request.plan.minutes * 60_000 - used_ms
    // What no test reaches no test notices.
    if (!reached) tried.push({ mutant, result: { outcome: 'survived' } })
    else if (left < begun.took_ms) tried.push({ mutant, result: { outcome: 'not_run' } })
    else {
      const { ms, ...result } = await onRecord(request, `${part}${at + 1}`, () => ground.tryOne(mutant, begun, left))
      used_ms += ms
      tried.push({ mutant, result })
    }
  }
  return { tried, used_ms }
}

interface Slipped {
  readonly request: TrialRequest
  readonly sources: Sources
  readonly tried: readonly Tried[]
  readonly used_ms: number
}

/** Shows what slipped through to the tests of the base commit: what these notice, the changed ones must notice too. */
async function beforeBaseTests({ request, sources, tried, used_ms }: Slipped): Promise<readonly MutantResult[]> {
  const slipped = tried.filter(({ result }) => result.outcome === 'survived').map(({ mutant }) => mutant)
  const { base_tests_tree, base_tests_report } = request
  const again = new Map<string, Tried['result']>()
  if (base_tests_tree !== null && slipped.length > 0) {
    const ground = openGround(request, sources, { tree: base_tests_tree, report: base_tests_report })
    try {
      const begun = await onRecord(request, 'base:begun', () => ground.begin())
      const mutants = begun.passing.length === 0 ? [] : slipped.map((mutant) => ({ ...mutant, reached: true }))
      const shown = { ...begun, mutants, used_ms: used_ms + begun.used_ms }
      for (const { mutant, result } of (await tryEach(shown, { request, ground, part: 'base:' })).tried)
        if (result.outcome === 'killed') again.set(placeOf(mutant), { ...result, outcome: 'escaped' })
    } finally {
      await ground.close()
    }
  }
  return tried.map(({ mutant, result }) => asResult(mutant, again.get(placeOf(mutant)) ?? result))
}

const placeOf = ({ path, start, operator }: Mutant): string => `${path}:${start}:${operator}`

const asResult = ({ path, line, operator, before, after }: Mutant, result: Tried['result']): MutantResult => ({
  path,
  line,
  operator,
  before: shownText(before),
  after: shownText(after),
  ...result,
})

function summed(mutants: readonly MutantResult[], planned: number): Pick<Trials, 'kill_ratio' | 'mutants_reason'> {
  const count = (...outcomes: readonly MutantResult['outcome'][]) =>
    mutants.filter(({ outcome }) => outcomes.includes(outcome)).length
  const valid = count('killed', 'survived', 'escaped')
  const kill_ratio = valid === 0 ? null : count('killed') / valid
  if (mutants.length === 0) return { kill_ratio, mutants_reason: 'no changed line of a source can be mutated' }
  const late = count('not_run')
  if (late > 0)
    return { kill_ratio, mutants_reason: `${late} of ${planned} were not tried: the time of the plan was over` }
  return { kill_ratio }
}
