/** `npm run bench [-- --short] [-- --json] [-- --only NAME]`: measures Gander beside its floors; see README.md here. */
import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { openBareDatabase } from './database.ts'
import { table, type Figure } from './figures.ts'
import { measureAudit } from './measure-audit.ts'
import { measureEvents } from './measure-events.ts'
import { measureMemory } from './measure-memory.ts'
import { measureRedaction } from './measure-redaction.ts'
import { measureFirstRequest, measurePrompt, measureSteps } from './measure-runs.ts'
import { measureEverySandbox } from './measure-sandboxes.ts'
import { measureWorkspaces } from './measure-workspaces.ts'
import { FULL, openWorld, SHORT } from './world.ts'

const { values } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [] },
  },
})
const size = values.short ? SHORT : FULL
const wanted = (name: string): boolean => values.only.length === 0 || values.only.includes(name)
const load_before = loadavg()
const world = await openWorld(size)
const figures: Figure[] = []
try {
  const database = await openBareDatabase(world.home)
  try {
    // Runs come first in any case: they start the gateway and fill the caches.
    const fewer = wanted('first_request') ? size : { ...size, runs: 2 }
    const runs = await measureFirstRequest(world, database, fewer)
    if (wanted('first_request')) figures.push(...runs.figures)
    if (wanted('step')) figures.push(...(await measureSteps(world, size)))
    if (wanted('workspace')) figures.push(...(await measureWorkspaces(world, size)))
    if (wanted('audit')) figures.push(...(await measureAudit(values.short ? 20_000 : 100_000)))
    if (wanted('redaction')) figures.push(...(await measureRedaction(values.short ? 3 : 9)))
    // Starting and filling an engine takes longer than the short form may.
    if (wanted('sandbox')) figures.push(...(await measureEverySandbox(size.workspaces, values.short ? [] : ['docker'])))
    if (wanted('event')) figures.push(...(await measureEvents(world, database, size)))
    if (wanted('prompt')) figures.push(...measurePrompt(runs.first_requests))
    if (wanted('memory')) figures.push(...(await measureMemory(world, database)))
  } finally {
    await database.close()
  }
} finally {
  await world.close()
}
const load = { before: load_before, after: loadavg() }
if (values.json) console.log(JSON.stringify({ short: values.short, load, figures }, null, 2))
else {
  console.log(table(figures))
  const shown = (averages: readonly number[]) => averages.map((value) => value.toFixed(2)).join(' ')
  console.log(
    `\nload average ${shown(load.before)} before, ${shown(load.after)} after; compare ratios, not milliseconds`,
  )
}
