import type { GateName, Verdict } from '#domain/gate'
import type { RunId } from '#domain/ids'
import { DEFAULT_SCOPE, type Task } from '#domain/task'
import type { VerificationReport } from '#domain/verification'
import { checkChange, isTestFile } from '#execution-plane/patch'
import { judgeVerification } from '#execution-plane/verifier'
import type { Policy, Redactor, RunRepository } from '#ports'
import { composeEdits } from './compose-edits.ts'
import type { Edit, Sources } from './sabotage.ts'

/** What the gates of a calibration look at changes with. */
export interface GateGround {
  readonly run_id: RunId
  readonly repository: Pick<RunRepository, 'source' | 'composeTree' | 'diff' | 'readFile' | 'listFiles'>
  readonly policy: Policy
  readonly redactor: Redactor
  /** Runs the tests of a tree; absent: the gate of verification is not measured. */
  readonly verify?: (tree: string) => Promise<VerificationReport>
}

/** More of a repository is not read: what sabotage needs is a sample. */
const MOST_FILES = 2_000
const MOST_BYTES = 200_000

/** The text files of a tree, in the order of their paths. */
export async function sourcesOf({ repository }: Pick<GateGround, 'repository'>): Promise<Sources> {
  const { tree } = repository.source
  const entries = (await repository.listFiles(tree)).filter(
    ({ mode, bytes }) => mode === '100644' && bytes <= MOST_BYTES,
  )
  const sources = new Map<string, string>()
  for (const { path } of entries.slice(0, MOST_FILES)) {
    const bytes = await repository.readFile(tree, path)
    if (bytes !== undefined && !bytes.includes(0)) sources.set(path, new TextDecoder().decode(bytes))
  }
  return sources
}

/**
 * Every gate over a change, as a run would ask them, on real trees: the change alone, and its tests in the sandbox.
 * Tests are only run where they are asked for, or where nobody says which gate is meant.
 */
export function gatesOf(ground: GateGround, sources: Sources) {
  const { repository } = ground
  const task = contractOf(sources)
  const open = { ...task, scope: DEFAULT_SCOPE }
  const base = repository.source.tree
  let before: Promise<VerificationReport> | undefined
  return async (edits: readonly Edit[], only?: GateName): Promise<readonly Verdict[]> => {
    const tree = await composeEdits(repository, edits)
    const change = await repository.diff(base, tree)
    const { run_id, policy, redactor, verify } = ground
    // What is protected stays closed to a task that opens everything else.
    const asked = {
      task: only === 'protected_files' ? open : task,
      run_id,
      state: 'verifying',
      change,
      refused: [],
      repository,
      policy,
      redactor,
    } as const
    if (only !== undefined && only !== 'verification') return checkChange(asked)
    const alone = only === undefined ? await checkChange(asked) : []
    if (verify === undefined) return alone
    before ??= verify(base)
    return [...alone, judgeVerification(await before, await verify(tree), task)]
  }
}

/** A task that opens the folders with code, tests and documents, and nothing else. */
function contractOf(sources: Sources): Task {
  const folders = [...sources.keys()]
    .filter((path) => /\.(?:[cm]?[jt]sx?|py|java|go|rs)$/.test(path) || isTestFile(path))
    .map((path) => (path.includes('/') ? `${path.slice(0, path.indexOf('/'))}/**` : path))
  const documents = [...sources.keys()].filter((path) => /^readme(?:\.\w+)?$/i.test(path))
  const scope = { ...DEFAULT_SCOPE, allowed_paths: [...new Set([...folders, ...documents])] }
  const words = { title: 'calibration', objective: 'calibration', success_criteria: [], constraints: [] }
  // The gates read the contract's words and scope; nothing else of a task exists here.
  return { ...words, scope, is_fix: false, capability: 'calibration' } as unknown as Task
}
