import { createHash } from 'node:crypto'
import { addedCuts, type CutSecrets } from '#domain/event'
import { planDefects } from '#domain/plan'
import type { AgentPhase } from '#domain/tool'
import type { RunArtifact } from '#ports'
import type { ToolGatewayDependencies, ToolHost } from './tool-host.ts'
import type { ToolContext } from './tool.ts'

/** What redaction cut out over one call. */
export type Findings = CutSecrets

/** The context of one call, with what redaction found so far. */
export interface CallContext extends ToolContext {
  readonly findings: Findings
}

/** Makes what a tool may use during one call. */
export function createContext(
  { policy, redactor, artifacts, files, checkPlan }: ToolGatewayDependencies,
  host: ToolHost,
  phase: AgentPhase,
): CallContext {
  const cuts: CutSecrets[] = []
  const redact = async (text: string): Promise<string> => {
    const redaction = await redactor.redact(text)
    if (redaction.count > 0) cuts.push(redaction)
    return redaction.text
  }
  return {
    host,
    phase,
    files: files(host.sandbox.tree),
    redact,
    get findings(): Findings {
      return addedCuts(cuts)
    },
    keep: async (kind, name, text): Promise<RunArtifact> => {
      const ref = await artifacts.put(await redact(text))
      return { ...ref, kind, name, data_class: 'internal' }
    },
    aboutPath: (path) =>
      policy.decide({
        action: 'tree.path',
        run_id: host.run_id,
        state: phase,
        paths: [path],
        argv: [],
        scope: host.task.scope,
        args_hash: createHash('sha256').update(path).digest('hex'),
        facts: {},
      }),
    checkPlan: checkPlan ?? planDefects,
  }
}
