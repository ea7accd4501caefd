import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { EvidencePacket } from '#domain/packet'
import { readEvidence } from '#evidence-plane/packet'
import { startScriptedModel, type Script, type SeenRequest, type WireApi } from '../scripted-model/index.ts'
import { outcomeOf, type Finished, type Lab, type Outcome } from './lab.ts'

/** The key that tests hand to the gateway; it must turn up nowhere but in the authorisation of a request. */
export const KEY = 'sk-test-0123456789abcdefghijklmnop'

const PYTHON_ISSUE = join(import.meta.dirname, '../../../examples/python/issue.md')

interface Ask {
  readonly repository: string
  readonly issue?: string
  readonly api?: WireApi
  readonly words?: readonly string[]
  readonly env?: NodeJS.ProcessEnv
}

/** A finished `gander run` with what its model was sent. */
export interface Ran extends Finished {
  readonly outcome: Outcome
  readonly requests: readonly SeenRequest[]
}

/** Words that name a scripted model. */
export const modelWords = (url: string, api: WireApi = 'anthropic'): readonly string[] => [
  '--model',
  'scripted:coder',
  '--model-url',
  url,
  '--model-api',
  api,
]

/** Runs `gander run --json` against a scripted model, as a person would. */
export async function runScripted(lab: Lab, script: Script, ask: Ask): Promise<Ran> {
  const { repository, issue = PYTHON_ISSUE, api = 'anthropic', words = [], env = {} } = ask
  const model = await startScriptedModel(script)
  try {
    const finished = await lab.gander(
      ['run', '--repo', repository, '--issue', issue, ...modelWords(model.url(api), api), '--json', ...words],
      { env: { SCRIPTED_API_KEY: KEY, ...env } },
    )
    return { ...finished, outcome: outcomeOf(finished), requests: model.requests }
  } finally {
    await model.close()
  }
}

/** The evidence packet a run left. */
export async function packetOf(outcome: Outcome): Promise<EvidencePacket> {
  return readEvidence(await readFile(outcome.packet ?? '', 'utf8'))
}
