import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const GANDER = resolve(import.meta.dirname, '../../../bin/gander')
/** Put together here, so that no scanner takes this file for a leak. */
const TOKEN = ['ghp', 'A7bQ9zX2mK4pR8sT1vW3yC5dF6gH0jL2nM4q'].join('_')
const HELD = 'held-in-the-environment-é-7Q2x'
const SAVED = 'saved-by-a-login-9Zk4T1'

let home: string

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'gander-redact-'))
  await writeFile(join(home, 'keys.json'), JSON.stringify({ provider: SAVED }))
})
afterAll(() => rm(home, { recursive: true, force: true }))

function start(words: readonly string[]) {
  const env = { PATH: process.env['PATH'], HOME: home, GANDER_HOME: home, LANG: 'C.UTF-8', SERVICE_TOKEN: HELD }
  return spawn(GANDER, ['redact', ...words], { env, cwd: home, stdio: 'pipe' })
}

async function redact(input: string | Iterable<Buffer>, ...words: readonly string[]) {
  const child = start(words)
  const [out, err]: [Buffer[], Buffer[]] = [[], []]
  child.stdout.on('data', (bytes: Buffer) => out.push(bytes))
  child.stderr.on('data', (bytes: Buffer) => err.push(bytes))
  let most_memory = 0
  const watch = setInterval(() => {
    readFile(`/proc/${child.pid}/status`, 'utf8').then(
      (status) => (most_memory = Math.max(most_memory, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024)),
      () => undefined,
    )
  }, 50)
  const ended = new Promise<number | null>((settle) => child.on('close', settle))
  child.stdin.on('error', () => undefined)
  for (const piece of typeof input === 'string' ? [Buffer.from(input)] : input)
    if (!child.stdin.write(piece)) await new Promise((settle) => child.stdin.once('drain', settle))
  child.stdin.end()
  const code = await ended
  clearInterval(watch)
  return { code, out: Buffer.concat(out), err: Buffer.concat(err).toString(), most_memory }
}

describe('gander redact', () => {
  it('cuts known formats, secrets of the environment and saved keys, in any encoding', async () => {
    const input = `a ${TOKEN}\nb ${HELD}\nc ${Buffer.from(SAVED).toString('hex')}\nd ${encodeURIComponent(HELD)}\nend\n`
    const { code, out, err } = await redact(input)
    expect(out.toString()).toBe(
      'a [redacted:github_token]\nb [redacted:registered]\nc [redacted:registered]\nd [redacted:registered]\nend\n',
    )
    expect([code, err]).toEqual([0, ''])
  })

  it('says with --report on one line of standard error what was cut, and never the value', async () => {
    const { err, out } = await redact(`${TOKEN} ${SAVED} ${SAVED}x\n`, '--report')
    expect(JSON.parse(err)).toMatchObject({ count: 3, by_kind: { github_token: 1, registered: 2 }, confirmed: true })
    expect(err.trim().split('\n')).toHaveLength(1)
    expect(`${err}${out.toString()}`).not.toMatch(/ghp_|saved-by/)
    expect(JSON.parse((await redact('nothing\n', '--report')).err)).toMatchObject({ count: 0, confirmed: false })
  })

  it('prints nothing with --check and ends with 1 where something would be cut, with 0 where nothing would', async () => {
    expect(await redact(`x ${TOKEN}`, '--check')).toMatchObject({ code: 1, err: '' })
    expect((await redact(`x ${TOKEN}`, '--check')).out).toHaveLength(0)
    expect(await redact('x', '--check')).toMatchObject({ code: 0, err: '' })
  })

  it('cuts personal data with --personal only', async () => {
    const input = 'ada.lovelace@analytical.engineering, https://jenkins.corp:8443/job/1, DE89 3704 0044 0532 0130 00\n'
    expect((await redact(input)).out.toString()).toBe(input)
    expect((await redact(input, '--personal')).out.toString()).toBe(
      '[redacted:email_address], [redacted:private_url] [redacted:iban]\n',
    )
  })

  it('gives bytes that are no text back as they came, and still finds what stands among them', async () => {
    const bytes = Buffer.concat([Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)), randomBytes(300_000)])
    expect((await redact([bytes])).out.equals(bytes)).toBe(true)
    const invalid = Buffer.from([0xff, 0xfe, 0xc3, 0x28, 0xed, 0xa0, 0x80, 0x20])
    const { out } = await redact([invalid, Buffer.from(TOKEN), Buffer.from(' '), invalid])
    expect(out.equals(Buffer.concat([invalid, Buffer.from('[redacted:github_token] '), invalid]))).toBe(true)
    expect((await redact('')).out).toHaveLength(0)
  })

  it('takes input of any length in the same memory, also where a secret crosses the pieces it comes in', async () => {
    const line = `${'a line of a log of a long build, '.repeat(60)}\n`
    const piece = Buffer.from(line.repeat(500))
    const [head, tail] = [Buffer.from(HELD).subarray(0, 9), Buffer.from(HELD).subarray(9)]
    function* input() {
      for (let turn = 0; turn < 24; turn++) yield* [piece, head, tail, Buffer.from('\n')]
    }
    const { out, err, most_memory } = await redact(input(), '--report')
    expect(JSON.parse(err)).toMatchObject({ count: 24, by_kind: { registered: 24 } })
    expect(out).toHaveLength(24 * (piece.length + '[redacted:registered]\n'.length))
    expect(most_memory).toBeLessThan(400 * 1024 ** 2)
  })

  it('ends quietly when its reader goes away', async () => {
    const child = start([])
    let err = ''
    child.stderr.on('data', (bytes: Buffer) => (err += bytes.toString()))
    child.stdin.on('error', () => undefined)
    const ended = new Promise<readonly [number | null, string | null]>((settle) =>
      child.on('close', (code, signal) => settle([code, signal])),
    )
    child.stdout.destroy()
    const feed = setInterval(() => child.stdin.write(Buffer.alloc(1 << 20, 'a line\n')), 5)
    const how = await ended
    clearInterval(feed)
    expect(how).toEqual([0, null])
    expect(err).toBe('')
  })

  it('does not begin with a key file that cannot be read, and says so', async () => {
    const broken = await mkdtemp(join(tmpdir(), 'gander-redact-'))
    await writeFile(join(broken, 'keys.json'), '{')
    const child = spawn(GANDER, ['redact'], { env: { PATH: process.env['PATH'], GANDER_HOME: broken }, stdio: 'pipe' })
    let out = ''
    child.stdout.on('data', (bytes: Buffer) => (out += bytes.toString()))
    child.stdin.on('error', () => undefined)
    child.stdin.end(`${SAVED}\n`)
    const code = await new Promise((settle) => child.on('close', settle))
    await rm(broken, { recursive: true })
    expect(code).not.toBe(0)
    expect(out).toBe('')
  })
})
