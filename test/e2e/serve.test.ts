import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openLab, outcomeOf, until, type Lab } from '../support/lab/lab.ts'

let lab: Lab
let repository: string
let server: ChildProcess
let url: string
let env: NodeJS.ProcessEnv

/** Starts a server and waits for the line that says where it listens. */
async function serve(port = '0'): Promise<string> {
  server = lab.start(['serve', '--port', port])
  let said = ''
  server.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')))
  server.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')))
  for (let waited = 0; waited < 600; waited++) {
    const found = /listens on (\S+)/.exec(said)?.[1]
    if (found !== undefined) return found
    await sleep(100)
  }
  throw new Error(`the server did not start: ${said}`)
}

beforeAll(async () => {
  lab = await openLab()
  repository = await lab.repository('python')
  url = await serve()
  const token = (await readFile(join(lab.home, 'server-token'), 'utf8')).trim()
  env = { GANDER_SERVER: url, GANDER_TOKEN: token }
})
afterAll(async () => {
  server.kill('SIGKILL')
  await lab.close()
})

const CHANGE = ['--json', '--', 'sh', '-c', 'sleep 4; echo "# counted" >> stocktake/count.py']
const run = (words: readonly string[] = []) =>
  lab.gander(['run', '--repo', repository, '--mode', 'dry_run_patch', ...words, ...CHANGE], { env })

async function runsNow(): Promise<readonly unknown[]> {
  return JSON.parse((await lab.gander(['list', '--json'], { env })).stdout) as readonly unknown[]
}

describe('a server', () => {
  it('does what the command line asks, as its own process would', async () => {
    const done = await run()
    const outcome = outcomeOf(done)
    expect(outcome, done.stdout + done.stderr).toMatchObject({ state: 'completed' })
    expect(done.stderr).toContain('verifying')
    const listed = await lab.gander(['list', '--json'], { env })
    expect(JSON.parse(listed.stdout)).toMatchObject([{ run_id: outcome.run_id, state: 'completed' }])
    expect((await lab.gander(['diff', outcome.run_id], { env })).stdout).toContain('+# counted')
    expect((await lab.gander(['show', outcome.run_id], { env })).stdout).toContain(outcome.run_id)
  })

  it('may be killed while it works: whoever watches waits, and the next one ends the run', async () => {
    const before = await runsNow()
    const asked = run()
    await until(async () => (await runsNow()).length > before.length, 60_000)
    server.kill('SIGKILL')
    await once(server, 'exit')
    await serve(new URL(url).port)
    const done = await asked
    expect(outcomeOf(done), done.stdout + done.stderr).toMatchObject({ state: 'completed' })
  })

  it('reviews a change that is there, by checks alone', async () => {
    const words = ['review', '--repo', repository, '--base', 'HEAD', '--head', 'HEAD', '--json']
    const done = await lab.gander(words, { env })
    expect(done.stderr).toContain('There is nothing to review.')
    expect(done.code).toBe(3)
  })

  it('keeps its token from others, and refuses a wrong one, an unknown run and a wrong address in three lines', async () => {
    expect((await stat(join(lab.home, 'server-token'))).mode & 0o077).toBe(0)
    const wrong = await lab.gander(['list'], { env: { ...env, GANDER_TOKEN: 'wrong' } })
    expect(wrong.stderr).toMatch(/no token that is known.*\n.*why.*\n.*next/)
    const unknown = await lab.gander(['show', 'run_00000000000000000000000000'], { env })
    expect(unknown.stderr).toMatch(/run_00000000000000000000000000/)
    const nowhere = await lab.gander(['list'], { env: { ...env, GANDER_SERVER: 'http://127.0.0.1:9' } })
    expect(nowhere.stderr).toMatch(/did not answer/)
    const none = await lab.gander(['list'], { env: { GANDER_SERVER: url } })
    expect(none.stderr).toMatch(/gander login --server/)
    for (const each of [wrong, unknown, nowhere, none]) expect(each.code).not.toBe(0)
  })

  it('shows its documents without a token', async () => {
    for (const path of ['/docs', '/docs/errors', '/openapi.json'])
      expect((await fetch(new URL(path, url))).status, path).toBe(200)
    expect((await fetch(new URL('/v1/runs', url))).status).toBe(401)
  })

  it('ends on a signal when what is in hand rests', async () => {
    server.kill('SIGTERM')
    const [code] = (await once(server, 'exit')) as [number]
    expect(code).toBe(0)
  })
})
