import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openLab } from '../test/support/lab/lab.ts'
import { play } from '../test/support/lab/play.ts'
import { runScripted } from '../test/support/lab/session.ts'
import { typescript } from '../test/support/lab/solutions-typescript.ts'

/**
 * Makes the recording of the demonstration anew: a real run of the TypeScript example against a scripted model, put on
 * file by `gander record`. Needed when tools, phases or the example change so that the old one departs.
 */
const EXAMPLE = join(import.meta.dirname, '../examples/typescript')
const lab = await openLab()
const folder = await mkdtemp(join(tmpdir(), 'gander-recording-'))
try {
  const repository = await lab.repository('typescript', 'duration-text')
  const { outcome } = await runScripted(lab, play(typescript), { repository, issue: join(EXAMPLE, 'issue.md') })
  if (outcome.state !== 'completed') throw new Error(`the run ended ${outcome.state}; nothing was recorded`)
  const out = join(folder, 'conversation.json')
  await lab.gander(['record', outcome.run_id, '--out', out])
  await writeFile(join(EXAMPLE, 'conversation.json'), await readFile(out))
  console.log('examples/typescript/conversation.json is written')
} finally {
  await rm(folder, { recursive: true, force: true })
  await lab.close()
}
