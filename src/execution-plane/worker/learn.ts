import { lessonsOf, type MemoryProposal } from '#domain/memory'
import { shownCommand } from '#domain/verification'
import { knownFlaky } from './known-flaky.ts'
import { askedByPeople, ownersOfChange } from './learn-of-people.ts'
import { whatWasTried } from './what-was-tried.ts'
import type { Execution } from './execution.ts'

const MOST_PHASES = 3
const MOST_TESTS = 5

/**
 * Proposes what the platform saw: commands that passed on the base commit, tests whose outcome is chance, what made a
 * change fail and pass, what reviewers asked for again, and who owns what was changed. Each has the trust of the least
 * trusted that could have written of it; a person decides whether any of it is used. A run that does this again after a
 * kill is counted once.
 */
export async function learn(execution: Execution): Promise<void> {
  const { parts, run, task } = execution
  if (parts.memory === undefined || task.review !== undefined) return
  const proposals = [
    ...lessons(execution),
    ...(await askedByPeople(execution)),
    ...buildHints(execution),
    ...flakyTests(execution),
    ...(await ownersOfChange(execution)),
  ]
  if (proposals.length === 0) return
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

function lessons({ found, journal, task }: Execution): readonly MemoryProposal[] {
  const { before, repository } = found
  if (before === undefined || found.change === undefined) return []
  return lessonsOf(whatWasTried(journal.lines()), {
    before,
    commit: repository?.source.commit ?? null,
    trust: task.trust,
  })
}
