import { execFileSync } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openLab, outcomeOf, type Lab } from '../support/lab/lab.ts'
import { play } from '../support/lab/play.ts'
import { KEY, modelWords, packetOf } from '../support/lab/session.ts'
import { java } from '../support/lab/solutions-java.ts'
import { startScriptedModel } from '../support/scripted-model/index.ts'

const EXAMPLES = join(import.meta.dirname, '../../examples')
/** Two minutes alone on two cores; beside three other files four times that. */
const LONGEST_MAVEN_RUN = 600_000
const hasMaven = found('mvn') && found('java')

let lab: Lab

beforeAll(async () => {
  lab = await openLab()
})
afterAll(() => lab.close())

function found(program: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

describe('the Java example', () => {
  it.skipIf(!hasMaven)(
    'has its retry policy migrated under its stated contract (skipped where java or mvn is missing)',
    async () => {
      const repository = await lab.repository('java', 'retry-service')
      const task = (await readFile(join(EXAMPLES, 'java/task.yaml'), 'utf8')).replace('./repository', repository)
      const file = join(lab.root, 'task.yaml')
      await writeFile(file, task)
      const model = await startScriptedModel(play(java))
      try {
        const words = ['run', '--task', file, ...modelWords(model.url('openai-chat'), 'openai-chat'), '--json']
        const outcome = outcomeOf(await lab.gander(words, { env: { SCRIPTED_API_KEY: KEY } }))
        expect(outcome.state).toBe('completed')
        const packet = await packetOf(outcome)
        expect(packet.evidence.change.files.map(({ path }) => path)).toContain('config/retry-policy.yaml')
        expect(packet.evidence.task.success_criteria.every(({ origin }) => origin === 'stated')).toBe(true)
        expect(packet.evidence.verification.after?.outcome).toBe('passed')
      } finally {
        await model.close()
      }
    },
    // Maven fetches some two hundred files, and then runs for the base, the tests alone, the change and its mutants.
    LONGEST_MAVEN_RUN,
  )
})
