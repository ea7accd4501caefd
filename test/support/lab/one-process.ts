import { readFile } from 'node:fs/promises'
import { runCommandLine } from '#cli'
import { openDatabase } from '#adapters/postgres'
import type { Platform, Publisher } from '#ports'
import { once } from '../../../src/main/once.ts'
import { openWorker } from '../../../src/main/open-worker.ts'
import { platformOver } from '../../../src/main/open-platform.ts'
import { sharedParts } from '../../../src/main/shared-parts.ts'
import { fakeCli } from '../fake-cli-environment.ts'
import { startScriptedModel, type Script, type SeenRequest } from '../scripted-model/index.ts'
import { outcomeOf, type Finished, type Lab, type Outcome } from './lab.ts'
import { KEY, modelWords } from './session.ts'

/** A lab whose commands run in the process of the test: the same parts, without a start of the program for each. */
interface OneProcess {
  readonly platform: Platform
  gander(words: readonly string[], files?: Readonly<Record<string, string>>): Promise<Finished>
  /** A `gander run` whose model plays a script, of the example's issue or another text; what it was sent comes with it. */
  run(
    script: Script,
    words: readonly string[],
    issue?: string,
  ): Promise<{ outcome: Outcome; requests: readonly SeenRequest[] }>
  close(): Promise<void>
}

const ISSUE = new URL('../../../examples/python/issue.md', import.meta.url)

/** Opens the platform of a lab's home here; `publishing` stands in for what a forge would answer. */
export async function inOneProcess(lab: Lab, publishing: Partial<Publisher> = {}): Promise<OneProcess> {
  const settings = { home: lab.home, version: '0.0.0' }
  const database = await openDatabase({ home: lab.home })
  const parts = sharedParts(lab.home, database)
  const shared = { ...parts, publisher: { ...parts.publisher, ...publishing } }
  const keys: Record<string, string> = {}
  const working = once(() => openWorker({ settings, shared, keys }))
  const platform = platformOver({ settings, shared, database, working, keys })
  const env = { SCRIPTED_API_KEY: KEY }
  const stays: Platform = { ...platform, close: async () => undefined }
  const gander: OneProcess['gander'] = async (words, files = {}) => {
    const cli = fakeCli({ platform: stays, files, env, columns: 100 })
    const code = await runCommandLine(cli.environment, words)
    return { code, stdout: cli.out(), stderr: cli.err() }
  }
  return {
    platform,
    gander,
    run: async (script, words, issue) => {
      const model = await startScriptedModel(script)
      try {
        const given = ['run', '--issue', 'issue.md', ...modelWords(model.url('anthropic')), '--json', ...words]
        const text = issue ?? (await readFile(ISSUE, 'utf8'))
        const done = await gander(given, { 'issue.md': text, '/home/ada/retry/issue.md': text })
        return { outcome: outcomeOf(done), requests: model.requests }
      } finally {
        await model.close()
      }
    },
    close: async () => {
      if (working.started()) await (await working()).close()
      await platform.close()
    },
  }
}
