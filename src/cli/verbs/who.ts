import { GanderError } from '#domain/failure'
import { parseId } from '#domain/ids'
import type { ChangeName, ChangeOrigin } from '#ports'
import { withAdministration } from '../administration.ts'
import { print, printJson, withPlatform, type Cli, type Verb } from '../cli.ts'
import { findRun } from '../find-run.ts'
import { paintFor } from '../screen/paint.ts'
import { plainLine } from '../screen/plain-text.ts'

/** `gander who RUN|COMMIT|PR`: who caused a change, in six layers. */
export const addWho: Verb = (program, cli) => {
  program
    .command('who')
    .summary('who caused a change')
    .description('Tells who asked, which agent ran where with which tools and credentials, and who approved.')
    .argument('<change>', 'a run, a whole commit hash, the address of a pull request, or a branch')
    .option('--json', 'one JSON array on one line')
    .action(async (typed: string, { json }: { readonly json?: boolean }) => {
      const name = await nameOf(cli, typed)
      const origins = await withAdministration(cli, (desk) => desk.whoCaused(name))
      if (origins.length === 0)
        throw new GanderError('run_not_found', `Nothing that is on record goes by ${plainLine(typed)}.`, {
          remedy: 'Give a run, a whole commit hash, the address of a pull request, or a branch that a run made.',
        })
      if (json === true) return printJson(cli, origins)
      print(
        cli,
        origins.flatMap((origin, at) => [...(at === 0 ? [] : ['']), ...lines(cli, origin)]),
      )
    })
}

async function nameOf(cli: Cli, typed: string): Promise<ChangeName> {
  if (/^[0-9a-f]{40}([0-9a-f]{24})?$/.test(typed)) return { commit: typed }
  const run = parseId('run', typed)
  if (run !== undefined) return { run }
  if (/^[a-z]+:\/\//.test(typed)) return { pull_request: typed }
  if (typed.includes('/')) return { branch: typed }
  return { run: await withPlatform(cli, 'read', (platform) => findRun(platform, typed)) }
}

function lines({ environment }: Cli, origin: ChangeOrigin): readonly string[] {
  const paint = paintFor(environment.stdout, environment.env)
  const rows = [
    ['asked by', requesterOf(origin)],
    ['agent', `${agentOf(origin)} under ${origin.agent.capability}, ${origin.agent.mode}`],
    ['policy', origin.agent.policy_versions.join(', ') || 'nothing was decided'],
    ['run', `${origin.run_id} (${origin.state}) on ${workersOf(origin)}`],
    ['tools', origin.tools.map(({ name, calls }) => `${name} ×${calls}`).join(', ') || 'none were called'],
    ['credentials', origin.credentials.map(({ scope, used_for }) => `${scope} for ${used_for}`).join('; ') || 'none'],
    ['approved by', approversOf(origin)],
    ['change', changeOf(origin)],
  ] as const
  return rows.map(([label, text]) => `${paint.dim(label.padEnd(12))} ${plainLine(text)}`)
}

const requesterOf = ({ requester }: ChangeOrigin): string =>
  `${requester.name}${requester.principal_id === null ? '' : ` (${requester.principal_id})`}, ${requester.request_id} by ${requester.source_url ?? requester.source}: ${requester.title}`

function agentOf({ agent: { definition } }: ChangeOrigin): string {
  const { kind, model } = definition
  const named = isObject(model) ? [model['provider'], model['model']] : []
  return [kind, ...named].filter((part) => typeof part === 'string').join(' ')
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const workersOf = ({ runtime: { workers, sandboxes } }: ChangeOrigin): string => {
  const held = workers.map(({ worker }) => worker).join(', ') || 'no worker yet'
  return sandboxes.length === 0 ? held : `${held}, ${sandboxes.length} sandboxes`
}

const approversOf = ({ approvers }: ChangeOrigin): string =>
  approvers.map(({ name, decision, action }) => `${name} (${decision}: ${action})`).join('; ') ||
  'nobody: nothing was gated'

const changeOf = ({ change }: ChangeOrigin): string =>
  [change.pull_request, change.branch, change.commit ?? change.tree].filter((part) => part !== null).join(' · ') ||
  'none yet'
