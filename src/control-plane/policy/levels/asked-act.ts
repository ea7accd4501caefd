import { foldPath, parsePath } from '#domain/path'
import type { Task } from '#domain/task'
import type { ForbidPrincipal, PolicyQuestion } from '#ports'
import { commandsOf } from '../command-list.ts'
import { changeClassesOf } from './change-classes.ts'

/** What levels know of a run beside the question. */
export type RunSubject = Pick<Task, 'tenant_id' | 'repository' | 'capability' | 'mode' | 'trust' | 'requester'>

/** A repository path as it was given and as rules compare it. */
interface AskedPath {
  readonly path: string
  readonly folded: string
}

/** A question as every level looks at it; computed once for all of them. */
export interface AskedAct {
  readonly question: PolicyQuestion
  readonly principal: ForbidPrincipal
  readonly paths: readonly AskedPath[]
  /** Every command that is run; undefined where there is none or it can't be read. */
  readonly commands: readonly (readonly string[])[] | undefined
  readonly change_classes: readonly string[]
  /** Empty where the question names none. */
  readonly host: string
  readonly tool: string
  readonly server: string
}

/** Actions that change what they name; reading a path is no change of its class. */
export const CHANGING_ACTIONS: readonly string[] = ['file.write', 'tree.path']

/** Computes what levels are asked about. Paths that can't be folded are left to the platform's own rules, which deny. */
export function askedAct(question: PolicyQuestion, subject: RunSubject): AskedAct {
  const { action, facts, run_id } = question
  const paths = question.paths.flatMap((path) => {
    const parsed = parsePath(path)
    const folded = parsed.ok ? foldPath(parsed.value) : undefined
    return folded === undefined ? [] : [{ path, folded: folded.join('/') }]
  })
  const given = Array.isArray(facts['change_classes']) ? facts['change_classes'] : []
  const { tenant_id, repository, capability, mode, trust, requester } = subject
  return {
    question,
    principal: { run_id, tenant: tenant_id, repository, capability, mode, trust, requester },
    paths,
    commands: action === 'shell.exec' ? commandsOf(question.argv) : undefined,
    change_classes: [
      ...new Set([
        ...given.filter((name) => typeof name === 'string'),
        ...(CHANGING_ACTIONS.includes(action) ? changeClassesOf(paths.map(({ folded }) => folded)) : []),
      ]),
    ],
    host: textOf(facts['host']).toLowerCase().replace(/:443$/, '').replace(/\.$/, ''),
    tool: textOf(facts['tool']),
    server: textOf(facts['server']),
  }
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
