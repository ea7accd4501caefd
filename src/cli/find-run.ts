import { GanderError } from '#domain/failure'
import { parseId, type RunId } from '#domain/ids'
import type { Platform } from '#ports'

/** How many runs are looked through for a shortened name. */
const REACH = 1000

/** Finds the run a person means: a whole id, the beginning or end of one that only one run has, or `last`. */
export async function findRun(platform: Platform, typed: string): Promise<RunId> {
  const exact = parseId('run', typed)
  if (exact !== undefined) return exact
  const runs = await platform.list(typed === 'last' ? 1 : REACH)
  if (typed === 'last') {
    const latest = runs[0]
    if (latest === undefined) throw notFound('There is no last run: nothing has run here yet.')
    return latest.run.id
  }
  const wanted = typed.toLowerCase()
  const fits = (id: string) =>
    wanted.length >= 3 && (id.startsWith(wanted) || id.startsWith(`run_${wanted}`) || id.endsWith(wanted))
  const found = runs.map(({ run }) => run.id).filter(fits)
  const [only] = found
  if (only === undefined) throw notFound(`There is no run ${typed}: no id begins or ends so.`)
  if (found.length > 1)
    throw notFound(
      `${typed} fits ${found.length} runs: ${found.slice(0, 3).join(', ')}${found.length > 3 ? ', …' : ''}.`,
    )
  return only
}

const notFound = (message: string) => new GanderError('run_not_found', message)
