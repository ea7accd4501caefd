import { execFileSync, spawn } from 'node:child_process'
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { finished, git, openLab, outcomeOf, type Finished, type Lab } from '../support/lab/lab.ts'
import { plan, play } from '../support/lab/play.ts'
import { KEY, modelWords, runScripted } from '../support/lab/session.ts'
import { startScriptedModel } from '../support/scripted-model/index.ts'

const ISSUE = join(import.meta.dirname, '../../examples/python/issue.md')
const isRoot = process.getuid?.() === 0

let lab: Lab
let repository: string

beforeAll(async () => {
  lab = await openLab()
  repository = await lab.repository('python')
})
afterAll(() => lab.close())

const UNUSED = ['--model', 'local:none', '--model-url', 'http://127.0.0.1:9/v1', '--model-api', 'openai-chat']
const run = (words: readonly string[], env: NodeJS.ProcessEnv = {}) => lab.gander(['run', ...words], { env })
const usual = (words: readonly string[] = UNUSED) => ['--repo', repository, '--issue', ISSUE, ...words]

/** An error says what happened, why and what to do, and never shows a stack. */
function expectClear(ended: Finished, code: number, ...says: readonly RegExp[]): void {
  const text = `${ended.stdout}\n${ended.stderr}`
  // Lines are wrapped to the terminal's width, so words are compared without their line breaks.
  const words = text.replaceAll(/\s+/g, ' ')
  for (const expected of says) expect(words).toMatch(expected)
  expect(text).not.toMatch(/^\s+at .*\.ts:\d+/m)
  expect(ended.code).toBe(code)
}

describe('what is asked for', () => {
  it('and is vague is refused with what is missing', async () => {
    const issue = join(lab.root, 'vague.md')
    await writeFile(issue, '# fix bug\n')
    expectClear(await run(['--repo', repository, '--issue', issue, ...UNUSED]), 2, /problem statement/, /next/)
  })

  it('and names a repository that does not exist is refused', async () => {
    expectClear(await run(['--repo', join(lab.root, 'nowhere'), '--issue', ISSUE, ...UNUSED]), 2, /nowhere/, /--repo/)
  })

  it('and names a ref that does not exist is refused', async () => {
    expectClear(await run([...usual(), '--base', 'mian']), 2, /mian/, /main/)
  })

  it('and names an empty repository is refused', async () => {
    const empty = join(lab.root, 'empty')
    await mkdir(empty)
    await git(empty, 'init', '--quiet')
    expectClear(await run(['--repo', empty, '--issue', ISSUE, ...UNUSED]), 2, /commit/)
  })

  it('and has no model at all is told every way to one, the local server among them', async () => {
    expectClear(
      await run(['--repo', repository, '--issue', ISSUE]),
      2,
      /ANTHROPIC_API_KEY/,
      /gander login/,
      /--model-url/,
      /recorded:/,
    )
  })

  it('and names a recording that is none is refused before anything starts', async () => {
    expectClear(await run(usual(['--model', `recorded:${join(lab.root, 'no.json')}`])), 2, /no\.json/, /gander record/)
  })

  it('and names a model without a price under a cost limit is refused', async () => {
    const words = usual([
      '--model',
      'house:large',
      '--model-url',
      'https://models.invalid/v1',
      '--model-api',
      'openai-chat',
    ])
    expectClear(await run(words, { HOUSE_API_KEY: KEY }), 2, /price/, /prices\.json/)
  })

  it('and mistypes a flag is told the right one', async () => {
    expectClear(await run([...usual(), '--max-stesp', '3']), 2, /--max-steps/)
  })
})

describe('a repository without tests', () => {
  it('is told that nothing can be proved, and how to give a profile', async () => {
    const bare = await lab.repository(
      { folder: await folderOf('untested', { 'notes.txt': 'nothing to run here\n' }) },
      'untested-repository',
    )
    const ran = await runScripted(lab, play({ planning: [plan('notes.txt')] }), { repository: bare })
    expect(ran.outcome.state).toBe('failed')
    expect(ran.code).toBe(5)
    expectClear(await lab.gander(['show', ran.outcome.run_id]), 0, /--verify/)
    expect(ran.requests).toHaveLength(0)
  })
})

async function folderOf(name: string, files: Readonly<Record<string, string>>): Promise<string> {
  const folder = join(lab.root, name)
  await mkdir(folder)
  for (const [path, text] of Object.entries(files)) await writeFile(join(folder, path), text)
  return folder
}

describe('a model', () => {
  it('whose key is wrong pauses the run and says so; it goes on with the right one', async () => {
    const model = await startScriptedModel(play({ planning: [plan('stocktake/count.py')] }), { key: KEY })
    try {
      const words = ['run', ...usual(modelWords(model.url('anthropic'))), '--mode', 'analysis_only', '--json']
      const first = outcomeOf(await lab.gander(words, { env: { SCRIPTED_API_KEY: 'sk-wrong-00000000000000000000' } }))
      expect(first.state).toBe('paused')
      expectClear(await lab.gander(['show', first.run_id]), 0, /key/i)
      const again = await lab.gander(['continue', first.run_id, '--json'], { env: { SCRIPTED_API_KEY: KEY } })
      expect(outcomeOf(again).state).toBe('completed')
    } finally {
      await model.close()
    }
  })

  it('that is unknown is named', async () => {
    const script = () => ({
      fail: { status: 404, body: '{"type":"error","error":{"type":"not_found_error","message":"model: coder"}}' },
    })
    const { outcome, code } = await runScripted(lab, script, { repository })
    expect(outcome.state).toBe('paused')
    expect(code).toBe(3)
    expectClear(await lab.gander(['show', outcome.run_id]), 0, /model/i, /coder/)
  })

  // These two wait for most of their time, as the retry rules have it, and may as well wait together.
  it.concurrent('whose server cannot be reached is tried again and then named', async () => {
    const outcome = outcomeOf(await lab.gander(['run', ...usual(), '--json']))
    expect(outcome.state).toBe('paused')
    expectClear(await lab.gander(['show', outcome.run_id]), 0, /127\.0\.0\.1/)
  })

  it.concurrent('that answers 429 and 500 and nonsense now and then still gets its run to the end', async () => {
    const script = play({ planning: [plan('stocktake/count.py')] })
    const model = await startScriptedModel((turn) => {
      if (turn.n === 1) return { fail: { status: 429, headers: { 'retry-after': '0' }, body: '{}' } }
      if (turn.n === 2) return { fail: { status: 500, body: 'upstream' } }
      if (turn.n === 3) return { fail: { drop: true } }
      return script(turn)
    })
    try {
      const words = ['run', ...usual(modelWords(model.url('anthropic'))), '--mode', 'analysis_only', '--json']
      expect(outcomeOf(await lab.gander(words, { env: { SCRIPTED_API_KEY: KEY } })).state).toBe('completed')
      expect(model.requests).toHaveLength(4)
    } finally {
      await model.close()
    }
  })
})

describe('a recording', () => {
  it('that does not fit the run departs loudly and says where', async () => {
    const recording = join(import.meta.dirname, '../../examples/typescript/conversation.json')
    const finished = await lab.gander(['run', ...usual(['--model', `recorded:${recording}`]), '--json'])
    const outcome = outcomeOf(finished)
    expect(outcome.state).toBe('failed')
    expect(outcome['diagnosis']).toMatchObject({ class: 'model_departed' })
    expectClear(await lab.gander(['show', outcome.run_id]), 0, /recording/, /gander record/)
  })
})

describe('a machine', () => {
  it.skipIf(!isRoot)(
    'without bubblewrap refuses the run and names the package (skipped without root: it hides a program)',
    async () => {
      const model = await startScriptedModel(play({}))
      try {
        await lab.gander(['list'])
        const words = ['run', ...usual(modelWords(model.url('anthropic')))]
        // Only this command sees a machine without the program; the database and the gateway run already.
        const hidden = 'mount --bind /dev/null "$(command -v bwrap)" && exec "$@"'
        const child = spawn(
          'unshare',
          ['--mount', '--propagation', 'private', 'sh', '-ec', hidden, 'sh', ...lab.command(words)],
          {
            env: { ...lab.environment, SCRIPTED_API_KEY: KEY },
          },
        )
        expectClear(await finished(child), 5, /bubblewrap/)
        expect(model.requests).toHaveLength(0)
      } finally {
        await model.close()
      }
    },
  )

  it.skipIf(!isRoot)(
    'with a full disk says so and loses nothing (skipped without root: it mounts a small disk)',
    async () => {
      const small = join(lab.root, 'small')
      await mkdir(small)
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=110m', 'tmpfs', small])
      try {
        const env = { SCRIPTED_API_KEY: KEY, GANDER_HOME: join(small, 'home') }
        await lab.gander(['list'], { env })
        execFileSync('sh', ['-c', `head -c 200m /dev/zero > ${small}/filler 2>/dev/null || true`])
        const full = await lab.gander(['run', ...usual(), '--json'], { env })
        expectClear(full, 5, /space|full|storage/i)
        await rm(join(small, 'filler'))
        expectClear(await lab.gander(['list'], { env }), 0)
      } finally {
        for (const pid of await lab.processes(/./)) process.kill(pid, 'SIGTERM')
        execFileSync('sh', ['-c', `sleep 1; umount -l ${small}`])
      }
    },
  )

  it.skipIf(isRoot)('whose home is not writable says so (skipped as root, who may write anywhere)', async () => {
    const home = join(lab.root, 'locked')
    await mkdir(home)
    await chmod(home, 0o500)
    expectClear(await lab.gander(['list'], { env: { GANDER_HOME: home } }), 5, /writ/i)
  })
})
