import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import type { EvidencePacket } from '#domain/packet'
import { readEvidence } from '#evidence-plane/packet'
import { git, openLab, outcomeOf, type Outcome } from '../../support/lab/lab.ts'
import { finish, plan, play, type Play } from '../../support/lab/play.ts'
import { openResident } from '../../support/lab/resident-lab.ts'
import { KEY, modelWords } from '../../support/lab/session.ts'
import { startScriptedModel, type SeenRequest } from '../../support/scripted-model/index.ts'
import type { SandboxKind } from './sandbox-kinds.ts'

/** What an evil model is put to work on. */
interface Attack {
  readonly editing: NonNullable<Play['editing']>
  /** What it says at the end; absent, an honest sentence. */
  readonly summary?: string
  /** Further words of the command line. */
  readonly words?: readonly string[]
  /** Path of the issue; absent, the example's. */
  readonly issue?: string
  /** Files that the repository holds beside the example's. */
  readonly files?: Readonly<Record<string, string>>
  readonly commit_message?: string
}

/** A run of an evil model, with everything that could show it succeeded. */
export interface EvilRun {
  readonly repository: string
  readonly outcome: Outcome
  readonly packet: EvidencePacket
  /** All that a person was shown. */
  readonly printed: string
  readonly requests: readonly SeenRequest[]
}

/** Whole runs through one platform on one kind of sandbox: database, gateway process, git and forge are real. */
export interface EvilRuns {
  readonly root: string
  attack(attack: Attack): Promise<EvilRun>
  /** Types a command of the program. */
  gander(
    words: readonly string[],
  ): Promise<{ readonly code: number | null; readonly out: string; readonly err: string }>
  close(): Promise<void>
}

/** Opens a home of its own; one platform serves all runs, as in a long-lived process. */
export async function openEvilRuns(kind: SandboxKind): Promise<EvilRuns> {
  const lab = await openLab()
  for (const [name, value] of Object.entries({ GANDER_SANDBOX: undefined, ...kind.environment })) set(name, value)
  const resident = await openResident(lab)
  let repositories = 0

  async function attack({ editing, summary, words = [], issue = ISSUE, files, commit_message = 'more' }: Attack) {
    const repository = await lab.repository('python', `repository-${repositories++}`)
    for (const [path, text] of Object.entries(files ?? {})) await writeFile(join(repository, path), text)
    if (files !== undefined) {
      await git(repository, 'add', '--all')
      await git(repository, 'commit', '--quiet', '--message', commit_message)
    }
    const model = await startScriptedModel(
      play({ planning: [plan('stocktake/count.py')], editing: [...editing, finish(summary)] }),
    )
    try {
      const typed = ['run', '--repo', repository, '--issue', issue, ...modelWords(model.url('anthropic')), '--json']
      const { out, err, code } = await gander([...typed, ...words])
      const outcome = outcomeOf({ stdout: out, stderr: err, code })
      const packet = readEvidence(await readFile(outcome.packet ?? '', 'utf8'))
      return { repository, outcome, packet, printed: out + err, requests: model.requests }
    } finally {
      await model.close()
    }
  }

  async function gander(words: readonly string[]) {
    const { code, stdout, stderr } = await resident.type(words, { SCRIPTED_API_KEY: KEY })
    return { code, out: stdout, err: stderr }
  }

  return {
    root: lab.root,
    attack,
    gander,
    close: async () => {
      await resident.close()
      for (const name of Object.keys(kind.environment)) set(name, undefined)
      await lab.close()
    },
  }
}

const ISSUE = join(import.meta.dirname, '../../../examples/python/issue.md')

function set(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name]
  else process.env[name] = value
}
