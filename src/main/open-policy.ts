import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  ACTION_RESOURCES,
  createRunPolicies,
  openCurrentPolicy,
  orderLevels,
  readTrust,
  type PolicyFile,
} from '#control-plane/policy'
import { GanderError } from '#domain/failure'
import type { BudgetLimits } from '#domain/budget'
import { meetCaps, smallest } from '#domain/policy'
import type { Task } from '#domain/task'
import type { Clock, Identifiers, PolicyBundles, PolicyEngine, RunPolicies } from '#ports'
import { once } from './once.ts'

interface PolicyGround {
  readonly home: string
  readonly bundles: PolicyBundles
  readonly identifiers: Identifiers
  readonly clock: Clock
}

/** Where an installation's policies are written. */
export const policyFolder = (home: string): string => join(home, 'policy')

/** The engine of Cedar policies; its program is loaded when a policy has Cedar text. */
export const cedarEngine = once(
  async (): Promise<PolicyEngine> =>
    (await import('#adapters/policy/cedar')).createCedarEngine({ actions: ACTION_RESOURCES }),
)

/** Wires the policy of runs: what is active for their tenant, and their repository's own file. */
export function openRunPolicies({ home, bundles, identifiers, clock }: PolicyGround): RunPolicies {
  const folder = policyFolder(home)
  const current = openCurrentPolicy({
    clock,
    bundles,
    files: () => policyFiles(folder),
    trust: async () => readTrust(await textOf(join(folder, 'trust.yaml'))),
    engine: cedarEngine,
  })
  return createRunPolicies({ identifiers, clock, current, engine: cedarEngine })
}

/** Cuts a task's limits to what policy leaves for its repository; what can't be read leaves nothing. */
export const boundByPolicy =
  (policies: RunPolicies) =>
  async (task: Task): Promise<Task> => {
    const effective = await policies.effective(task.tenant_id, task.repository)
    if (!effective.ok)
      throw new GanderError(
        'policy_unreadable',
        `No task can be taken while policy can't be read: ${effective.refusal}.`,
      )
    const own = await orderLevels(task, cedarEngine)
    if (!own.ok)
      throw new GanderError('policy_invalid', `The policy of the task cannot be used:\n  ${own.refusal.join('\n  ')}`)
    const { run } = meetCaps([...effective.value.documents, ...own.value.map(({ document }) => document)]).budgets
    if (run === undefined) return task
    // Names and figures are those of the limits.
    return { ...task, limits: smallest([task.limits, run]) as unknown as BudgetLimits }
  }

const MOST_FILES = 500

/** The files of a policy folder, by their paths in it; none where there is no folder. */
export async function policyFiles(folder: string): Promise<readonly PolicyFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
    if (isAbsent(error)) return []
    throw error
  })
  const files = entries.filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
  if (files.length > MOST_FILES)
    throw new GanderError('policy_invalid', `${folder} holds ${files.length} files; at most ${MOST_FILES} are read.`)
  return Promise.all(
    files.map(async ({ parentPath, name }) => {
      const path = join(parentPath, name)
      return { path: path.slice(folder.length + 1), text: await readFile(path, 'utf8') }
    }),
  )
}

/** A file's text; undefined where there is none. */
export const textOf = async (path: string): Promise<string | undefined> =>
  readFile(path, 'utf8').catch((error: unknown) => {
    if (isAbsent(error)) return undefined
    throw error
  })

const isAbsent = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT'
