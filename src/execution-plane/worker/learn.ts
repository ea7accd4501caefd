import type { MemoryProposal } from '#domain/memory'
import { shownCommand } from '#domain/verification'
import { knownFlaky } from './known-flaky.ts'
import type { Execution } from './execution.ts'

const MOST_PHASES = 3
const MOST_TESTS = 5

/**
 * Proposes what the platform saw of the base commit itself: commands that passed and tests whose outcome is chance.
 * Nothing that an agent or an issue said is among it; a person decides whether any of it is used. A run that does this
 * again after a kill is counted once.
 */
export async function learn(execution: Execution): Promise<void> {
  const { parts, run, task } = execution
  const proposals = [...buildHints(execution), ...flakyTests(execution)]
  if (parts.memory === undefined || task.review !== undefined || proposals.length === 0) return
  await parts.memory.propose({ repository: task.repository, by: 'gander', run_id: run.id, proposals })
}

/** The commands are those of the verification profile, which the base commit or an operator wrote. */
function buildHints({ found, task }: Execution): readonly MemoryProposal[] {
  const { before, profile } = found
  if (before === undefined || profile === undefined) return []
  const passed = profile.phases.filter(
    ({ id, required }) => required && before.phases.some((phase) => phase.id === id && phase.outcome === 'passed'),
  )
  return passed.slice(0, MOST_PHASES).map((phase) => ({
    kind: 'build_hint',
    text: `\`${shownCommand(phase)}\`${phase.cwd === undefined ? '' : ` in ${phase.cwd}`} passes on the base commit (phase ${phase.id}).`,
    item: `phase ${phase.id}`,
    commit: found.repository?.source.commit ?? null,
    inputs: [task.verification?.kind === 'given' ? 'operator' : 'merged'],
  }))
}

/** The name of a test is what its runner printed. */
function flakyTests(execution: Execution): readonly MemoryProposal[] {
  return [...knownFlaky(execution).keys()]
    .sort()
    .slice(0, MOST_TESTS)
    .map((id) => ({
      kind: 'flaky_test',
      text: `The outcome of the test ${id} is chance: it passes and fails on one commit.`,
      item: id,
      commit: execution.found.repository?.source.commit ?? null,
      inputs: ['merged', 'tool_output'],
    }))
}
