/** How a guest's model was found: as asked for, as a family's name for it, or the run's own in place of anything else. */
export type ModelMapping = 'asked' | 'alias' | 'run'

/** A model that may be meant, best first. */
interface ModelCandidate {
  readonly model: string
  readonly mapping: ModelMapping
}

/** What a guest asked for, and what there is. */
interface WantedModel {
  readonly wanted: string
  /** Name of the run's model: what is used where nothing else fits. */
  readonly run_model: string
  /** Exact names that the policy for models lists, in its order. */
  readonly listed: readonly string[]
}

const NAME = /^\w[\w.:@-]{0,199}$/

/**
 * The models that a guest's wish may mean, best first: the exact name; where that is no name of ours, one that differs
 * only in a date, `latest` or a provider's prefix (`anthropic/claude-haiku-4-5-20251001`), or, for a wish without a
 * number, the first that has all its words (`haiku`, the run's model before all others); at the end the run's own. Each
 * but the run's must be asked of the policy.
 */
export function mapModel({ wanted, run_model, listed }: WantedModel): readonly ModelCandidate[] {
  const run: ModelCandidate = { model: run_model, mapping: 'run' }
  const name = wanted.replace(/^.*\//s, '')
  if (same(name, run_model)) return [{ ...run, mapping: 'asked' }]
  if (!NAME.test(name)) return [run]
  const meant = isMeant(name)
  const family = [run_model, ...listed].filter((each) => !same(each, name) && meant(each))
  return [
    { model: listed.find((each) => same(each, name)) ?? name, mapping: 'asked' },
    ...[...new Set(family)].map((model): ModelCandidate => ({ model, mapping: 'alias' })),
    run,
  ]
}

const same = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase()

function isMeant(name: string): (candidate: string) => boolean {
  const wanted = partsOf(name)
  if (wanted.length === 0) return () => false
  if (wanted.every((part) => /^[a-z]+$/.test(part)))
    return (candidate) => wanted.every((part) => partsOf(candidate).includes(part))
  const whole = wanted.toSorted().join('-')
  return (candidate) => partsOf(candidate).toSorted().join('-') === whole
}

/** Words and numbers of a name, without dates and `latest`. */
const partsOf = (name: string): readonly string[] =>
  name
    .toLowerCase()
    .replace(/-(\d{8}|\d{4}-\d{2}-\d{2})(?=$|-)/, '')
    .split(/[-.:@_]/)
    .filter((part) => part !== '' && part !== 'latest')
