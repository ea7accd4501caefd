import { indexCommit } from '#execution-plane/code-index'
import { localise } from '#execution-plane/localisation'
import type { LikelyFile, PlanGround } from '#execution-plane/planner'
import { repositoryContextPacket, RepositorySurvey } from '#execution-plane/repository-intelligence'
import { need, type Execution } from './execution.ts'
import { treeReader } from './prepare.ts'

const MOST_LIKELY = 10

/** What the code of the base commit says of a task, without a model. */
export interface CodeOfTask {
  /** Best first. */
  readonly likely: readonly LikelyFile[]
  /** Every path of the commit. */
  readonly paths: readonly string[]
  /** Owners, care and the focused command of the likely files; dear, so asked for where it is used. */
  ground(likely: readonly LikelyFile[]): Promise<Pick<PlanGround, 'focused_command' | 'owners' | 'risk_notes'>>
}

/** Indexes the base commit, of which only what no earlier run of the tenant saw is read, and ranks it by the task. */
export async function lookAtCode(execution: Execution): Promise<CodeOfTask> {
  const { parts, task } = execution
  const { source } = need(execution, 'repository')
  const reader = treeReader(need(execution, 'repository'))
  const list = await reader.list()
  const places = new Map(list.map(({ blob, path }) => [blob, path]))
  const read = async (blob: string) => {
    const path = places.get(blob)
    return path === undefined ? undefined : reader.read(path)
  }
  const index = await indexCommit({ commit: source.commit, list, read }, parts.code_store?.(task.repository))
  const issue = [task.title, task.objective, ...task.success_criteria.map(({ text }) => text)].join('\n')
  const ranked = localise({ index, commit: source.commit, issue, past: [], top: MOST_LIKELY })
  return {
    likely: ranked.map(({ path, reasons }) => ({ path, reasons })),
    paths: list.map(({ path }) => path),
    ground: async (likely) => {
      const survey = await RepositorySurvey.make({ repository: source.repository, index, read, past: [] })
      const packet = await repositoryContextPacket(survey, likely)
      return {
        focused_command: packet.build_commands['focused'] ?? null,
        owners: packet.owners,
        risk_notes: packet.risk_notes,
      }
    },
  }
}
