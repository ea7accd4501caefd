import { questionOf, stopFor } from '#domain/kill-switch'
import type { Platform, RunOverview } from '#ports'
import { plainLine } from './screen/plain-text.ts'
import { wordsOfScope } from './verbs/switch-scope.ts'

/**
 * Why nobody takes a queued run: who paused the scheduler or threw a switch, why, and what goes on again; one line each.
 * Empty where nothing holds it, and where this person may not ask.
 */
export async function whyItWaits(
  { controls }: Pick<Platform, 'controls'>,
  runOf: () => Promise<Pick<RunOverview, 'run' | 'task'> | undefined>,
): Promise<readonly string[]> {
  if (controls === undefined) return []
  const { tenant_id, governance, switches } = controls
  const [pauses, reading] = await Promise.all([
    governance.schedulerPauses(tenant_id).catch(() => []),
    switches.read(tenant_id).catch(() => undefined),
  ])
  const lines = pauses.map(
    ({ tenant_id: tenant, paused_by, reason }) =>
      `waits: the scheduler of ${tenant === null ? 'every tenant' : 'this tenant'} was paused by ${paused_by}${because(reason)}. \`gander ops unpause${tenant === null ? ' --all' : ''}\` goes on`,
  )
  const thrown = reading?.switches.filter(({ actions }) => actions.length > 0) ?? []
  const overview = thrown.length === 0 ? undefined : await runOf()
  if (overview === undefined) return lines
  const question = questionOf(overview.task)
  for (const each of thrown) {
    const stop = stopFor({ known: true, switches: [each] }, 'lease', question)
    if (stop !== undefined)
      lines.push(`waits: stopped by ${plainLine(stop.by)}. \`gander resume ${wordsOfScope(each.scope)}\` goes on`)
  }
  return lines
}

const because = (reason: string): string => (reason.trim() === '' ? '' : `: ${plainLine(reason)}`)
