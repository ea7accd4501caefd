import { describe, expect, test } from 'vitest'
import { createProgram, runCommandLine } from '#cli'
import { GanderError } from '#domain/failure'
import { fakeCli, type FakeCli } from '../../support/fake-cli-environment.ts'
import { FAKE_CHANGE, fakePlatform, fakeRun, fakeView, GOOD_RUN, runId } from '../../support/fake-platform.ts'

const ISSUE = '# Cap the retry delay\n\nThe delay grows without bound.\n'
const FILES = { '/home/ada/retry/issue.md': ISSUE, '/home/ada/retry/rule.yaml': 'id: no-var' }
const RUN = ['run', '--repo', '.', '--issue', 'issue.md', '--model', 'recorded:talk.json']

const over = (state: Parameters<typeof fakeRun>[0]) =>
  fakePlatform({ runs: [fakeView(fakeRun(state))], events: GOOD_RUN, change: FAKE_CHANGE })

const run = async (argv: readonly string[], cli: FakeCli) => ({
  code: await runCommandLine(cli.environment, argv),
  out: cli.out(),
  err: cli.err(),
})

describe('gander run', () => {
  test('shows one line for each state with its time and cost, and the pull request at the end', async () => {
    const { code, out } = await run(RUN, fakeCli({ platform: over('completed'), files: FILES }))
    expect(code).toBe(0)
    expect(out).toMatch(/✓ planning +2\.2 s +\$0\.0120 +context of 4,210 tokens, plan of 3 steps/)
    expect(out).toMatch(/✓ editing +5\.2 s +\$0\.0200 +2 files changed/)
    expect(out).toContain('Draft pull request #1  file:///')
    expect(out).toContain('│ The delay is capped at the configured maximum.')
    expect(out).toContain('2 files changed, +24 -2')
    expect(out).toContain('packet.json')
    expect(out).toMatch(/Next\n +gander diff run_/)
  })

  test('without a terminal writes neither colour nor cursor movement', async () => {
    const { out, err } = await run(RUN, fakeCli({ platform: over('completed'), files: FILES }))
    expect(out + err).not.toContain('\u001b')
  })

  test('on a terminal is coloured, and not with NO_COLOR', async () => {
    const coloured = fakeCli({ platform: over('completed'), files: FILES, is_terminal: true })
    expect((await run(RUN, coloured)).out).toContain('\u001b[32m')
    const plain = fakeCli({ platform: over('completed'), files: FILES, is_terminal: true, env: { NO_COLOR: '1' } })
    expect((await run(RUN, plain)).out).not.toContain('\u001b[3')
  })

  test('with --json ends standard output with one object and shows progress on standard error', async () => {
    const { out, err } = await run([...RUN, '--json'], fakeCli({ platform: over('completed'), files: FILES }))
    expect(out.trimEnd().split('\n')).toHaveLength(1)
    expect(JSON.parse(out)).toMatchObject({
      run_id: runId(1),
      state: 'completed',
      pull_request: { number: 1, title: 'Cap the retry delay' },
      packet: expect.stringMatching(/^\//),
      tree: 'b'.repeat(40),
      change: { files: 2, added: 24, deleted: 2 },
    })
    expect(err).toContain('✓ planning')
  })

  test.each([
    ['completed', 0],
    ['needs_human', 3],
    ['paused', 3],
    ['awaiting_approval', 3],
    ['blocked_policy', 4],
    ['failed', 5],
    ['cancelled', 130],
  ] as const)('ends a run that is %s with exit code %i and says what to do next', async (state, code) => {
    const ended = await run(RUN, fakeCli({ platform: over(state), files: FILES }))
    expect(ended.code).toBe(code)
    expect(ended.out).toContain('Next\n')
  })

  test('with Ctrl-C once cancels the run, and twice leaves at once', async () => {
    const cancelled = fakeView(fakeRun('cancelled'))
    const platform = fakePlatform({
      runs: [cancelled],
      work: (signal) =>
        new Promise((resolve) => signal?.addEventListener('abort', () => setTimeout(() => resolve(cancelled), 50))),
    })
    const cli = fakeCli({ platform, files: FILES })
    const running = runCommandLine(cli.environment, RUN)
    await expect.poll(() => platform.calls).toContain('work')
    cli.interrupt()
    expect(cli.left).toEqual([])
    cli.interrupt()
    expect(cli.left).toEqual([130])
    expect(await running).toBe(130)
    expect(cli.err()).toContain('Cancelling the run and keeping its work')
  })

  test('closes the platform however it ends', async () => {
    const platform = over('failed')
    await run(RUN, fakeCli({ platform, files: FILES }))
    expect(platform.calls.at(-1)).toBe('close')
  })

  test('text of a repository cannot move the cursor or retitle the terminal', async () => {
    const view = fakeView(fakeRun('completed'), {
      pull_request_text: { title: 'x\u001b]0;evil\u0007', body: 'a\u001b[2Jb\u202ec' },
    })
    const platform = fakePlatform({ runs: [view], events: GOOD_RUN })
    const { out } = await run(RUN, fakeCli({ platform, files: FILES }))
    for (const letter of ['\u001b', '\u0007', '\u202e']) expect(out).not.toContain(letter)
    expect(out).toContain('a[2Jbc')
  })

  test('says what a refused task lacks in three lines, also as JSON', async () => {
    const refuse = new GanderError(
      'task_unclear',
      'The task does not say enough to work on. Missing: a problem statement.',
    )
    const platform = fakePlatform({ runs: [], refuse })
    const { code, out, err } = await run([...RUN, '--json'], fakeCli({ platform, files: FILES }))
    expect(code).toBe(2)
    expect(err.trimEnd().split('\n')).toEqual([
      '✗ The task does not say enough to work on.',
      '  why  Missing: a problem statement.',
      '  next Add what is missing to the issue and submit it again.',
    ])
    expect(JSON.parse(out)).toMatchObject({ run_id: null, error: { code: 'task_unclear' } })
  })
})

describe('an order made from flags', () => {
  const order = async (argv: readonly string[], more: Parameters<typeof fakeCli>[0] = {}) => {
    const platform = over('completed')
    const cli = fakeCli({ platform, files: FILES, ...more })
    const { err } = await run(argv, cli)
    return platform.orders[0] ?? err
  }

  test('carries the issue, the limits and only the keys of the chosen model', async () => {
    const env = { ANTHROPIC_API_KEY: 'a', OPENAI_API_KEY: 'o' }
    const argv = [
      'run',
      '--repo',
      '.',
      '--issue',
      'issue.md',
      '--max-cost',
      '0',
      '--max-steps',
      '7',
      '--mode',
      'dry_run_patch',
    ]
    expect(await order(argv, { env })).toMatchObject({
      words: { title: 'Cap the retry delay', repository: '/home/ada/retry', source: 'cli' },
      requester: 'ada',
      mode: 'dry_run_patch',
      limits: { max_cost_usd: 0, max_steps: 7, max_minutes: 60 },
      agent: { kind: 'native', model: { provider: 'anthropic', api: 'anthropic', url: null } },
      keys: { anthropic: 'a' },
    })
    expect(Object.keys(((await order(argv, { env })) as { keys: object }).keys)).toEqual(['anthropic'])
  })

  test('takes a local server without a key', async () => {
    const argv = [
      'run',
      '--repo',
      'https://x.org/a.git',
      '--issue',
      '-',
      '--model',
      'local:qwen',
      '--model-url',
      'http://127.0.0.1:1/v1',
    ]
    expect(await order(argv, { typed: ISSUE })).toMatchObject({
      words: { repository: 'https://x.org/a.git', source: 'standard_input' },
      agent: { model: { provider: 'local', model: 'qwen', api: 'openai-chat', url: 'http://127.0.0.1:1/v1' } },
      keys: {},
    })
  })

  test('takes a rule or a command instead of a model, also without an issue', async () => {
    expect(
      await order(['run', '--repo', '.', '--issue', 'issue.md', '--agent', 'transform', '--rule', 'rule.yaml']),
    ).toMatchObject({
      agent: { kind: 'transform', rule: { kind: 'ast_grep', source: 'id: no-var', name: 'rule.yaml' } },
    })
    expect(await order(['run', '--repo', '.', '--', 'npx', 'prettier', '--write', 'src'])).toMatchObject({
      words: { title: 'Run npx prettier --write src' },
      agent: { kind: 'transform', rule: { kind: 'command', argv: ['npx', 'prettier', '--write', 'src'] } },
    })
  })

  test('takes a task file, whose paths are relative to it, under the flags', async () => {
    const files = {
      '/home/ada/tasks/t.yaml':
        'objective: Cap the delay of retries\nrepository: ../retry\nautonomy_level: local_branch\nlimits: {max_cost_usd: 9}\nverification_profile: ./v.yaml\nsandbox_profile: ./s.yaml',
      '/home/ada/tasks/v.yaml': 'id: own',
      '/home/ada/tasks/s.yaml': 'network: {ask: false}',
    }
    const argv = ['run', '--task', '../tasks/t.yaml', '--max-cost', '1', '--model', 'recorded:x']
    expect(await order(argv, { files })).toMatchObject({
      words: { repository: '/home/ada/retry', source: 'task_file' },
      mode: 'local_branch',
      limits: { max_cost_usd: 1 },
      verification: { kind: 'given', source: 'id: own' },
      sandbox: { kind: 'given', source: 'network: {ask: false}' },
    })
    expect(await order([...argv, '--sandbox-profile', 'strict'], { files })).toMatchObject({
      sandbox: { kind: 'named', id: 'strict' },
    })
  })

  test.each([
    [['run', '--repo', '.', '--issue', 'issue.md'], 'There is no model to work with'],
    [['run', '--repo', '.', '--issue', 'issue.md', '--model', 'anthropic:x'], 'ANTHROPIC_API_KEY is not set'],
    [['run', '--repo', '.', '--issue', 'issue.md', '--model', 'local:x'], 'has no address'],
    [['run', '--repo', '.', '--issue', 'issue.md', '--model', 'gpt'], 'needs a provider and a model'],
    [['run', '--repo', '.', '--issue', 'issue.md', '--model', 'local:x', '--model-url', 'ftp://x'], 'is no address'],
    [
      ['run', '--repo', '.', '--issue', 'issue.md', '--model', 'local:x', '--model-url', 'http://u:p@x'],
      'must not hold a key',
    ],
    [['run', '--repo', '.', '--issue', 'nope.md'], 'There is no such file'],
    [['run', '--repo', '.', '--model', 'recorded:x'], 'Nothing says what to do'],
    [['run', '--issue', 'issue.md', '--model', 'recorded:x'], 'No repository is named'],
    [['run', '--repo', '.', '--issue', 'issue.md', '--task', 't'], 'Both --issue and --task'],
    [['run', '--repo', '.', '--agent', 'transform'], 'has nothing to do'],
    [['run', '--repo', '.', '--agent', 'native', '--', 'x'], 'takes no rule and no command'],
    [['run', '--repo', '.', '--rule', 'rule.yaml', '--model', 'recorded:x'], 'A transform needs no model'],
    [['run', '--repo', '.', 'foo'], 'Unexpected argument'],
    [['run', '--repo', '.', '--max-cost', '-1'], 'must be a number, 0 or more'],
    [['run', '--mode', 'yolo'], 'Allowed choices are analysis_only'],
    [['run', '--isue', 'x'], 'Did you mean --issue?'],
    [['rnu'], 'Did you mean run?'],
    [['token', 'issue'], 'gander token issue --help'],
    [['--server', 'http://127.0.0.1:9', 'ops', 'nonsense'], 'gander ops --help'],
    [['--server', 'nonsense', 'list'], 'is no address of a server'],
    [['show'], "Missing required argument 'run'"],
  ])('%j is a usage error that says what to do', async (argv, message) => {
    const { code, err } = await run(argv, fakeCli({ platform: over('completed'), files: FILES }))
    expect(code).toBe(2)
    expect(err).toContain(message)
    expect(err.trimEnd().split('\n')).toHaveLength(3)
  })

  test('refuses to send a key over an open line, and sends none where there is none', async () => {
    const argv = ['run', '--repo', '.', '--issue', 'issue.md', '--model', 'lan:x', '--model-url', 'http://10.0.0.5/v1']
    expect(await order(argv, { env: { LAN_API_KEY: 'k' } })).toContain('is not encrypted')
    expect(await order(argv)).toMatchObject({ keys: {} })
  })
})

describe('naming a run', () => {
  const many = fakePlatform({
    runs: [fakeView(fakeRun('paused', 1)), fakeView(fakeRun('completed', 2))],
    change: FAKE_CHANGE,
  })
  const show = (name: string) => run(['show', name, '--json'], fakeCli({ platform: many }))

  test.each(['last', runId(1), runId(1).slice(0, 8), runId(1).slice(4, 10), runId(1).slice(-7)])(
    '%s finds it',
    async (name) => {
      expect(JSON.parse((await show(name)).out)).toMatchObject({ run_id: runId(1) })
    },
  )

  test.each([
    ['run_0', 'fits 2 runs'],
    ['zzz', 'There is no run zzz'],
    [runId(9), 'There is no run'],
  ])('%s is refused', async (name, message) => {
    const { code, err } = await show(name)
    expect(code).toBe(2)
    expect(err).toContain(message)
  })
})

describe('the other verbs', () => {
  const platform = () => fakePlatform({ runs: [fakeView(fakeRun('completed'))], events: GOOD_RUN, change: FAKE_CHANGE })

  test('list says how to begin when there is nothing', async () => {
    expect((await run(['list'], fakeCli({ platform: fakePlatform({ runs: [] }) }))).out).toContain('No runs yet')
  })

  test('list names what a run that waits for leave needs, as the program is called here, and nothing for others', async () => {
    const waiting = fakePlatform({ runs: [fakeView(fakeRun('awaiting_approval'))] })
    const { out } = await run(['list'], fakeCli({ platform: waiting, env: { GANDER_COMMAND: 'bin/gander' } }))
    expect(out).toContain(`waits for leave: \`bin/gander approve ${runId(1)}\` or \`bin/gander reject ${runId(1)}\``)
    const listed = await run(['list', '--json'], fakeCli({ platform: waiting }))
    expect(JSON.parse(listed.out)).toMatchObject([{ state: 'awaiting_approval', next: `gander approve ${runId(1)}` }])
    const done = await run(['list'], fakeCli({ platform: platform() }))
    expect(done.out).not.toContain('approve')
  })

  test('diff gives a pipe the patch byte for byte', async () => {
    expect((await run(['diff', 'last'], fakeCli({ platform: platform() }))).out).toBe(FAKE_CHANGE.patch)
  })

  test('continue adds to the budget and works on', async () => {
    const fake = platform()
    const { code } = await run(['continue', 'last', '--add-cost', '2.5'], fakeCli({ platform: fake }))
    expect(code).toBe(0)
    expect(fake.calls).toEqual([`continue ${runId(1)} {"max_cost_usd":2.5} by ada with `, 'work', 'close'])
  })

  test('cancel names who cancels', async () => {
    const fake = platform()
    await run(['cancel', 'last'], fakeCli({ platform: fake }))
    expect(fake.calls[0]).toBe(`cancel ${runId(1)} by ada`)
  })

  test('artifacts lists paths and prints one by name', async () => {
    expect((await run(['artifacts', 'last'], fakeCli({ platform: platform() }))).out).toContain('plan.json')
    expect((await run(['artifacts', 'last', 'plan.json'], fakeCli({ platform: platform() }))).out).toContain(
      'objective',
    )
    expect((await run(['artifacts', 'last', 'nope'], fakeCli({ platform: platform() }))).err).toContain(
      'It has plan.json',
    )
  })

  test('open shows an address only on a terminal', async () => {
    const piped = fakeCli({ platform: platform() })
    expect((await run(['open', 'last'], piped)).out).toMatch(/^file:\/\/\//)
    expect(piped.shown).toEqual([])
    const seen = fakeCli({ platform: platform(), is_terminal: true })
    await run(['open', 'last'], seen)
    expect(seen.shown).toHaveLength(1)
  })

  test('doctor ends with 5 when a required thing is missing, and 0 otherwise', async () => {
    const check = {
      part: 'sandbox',
      name: 'bubblewrap',
      detail: 'not found',
      remedy: 'apt-get install bubblewrap',
    } as const
    const bad = await run(['doctor'], fakeCli({ report: { checks: [{ ...check, outcome: 'failed' }] } }))
    expect(bad).toMatchObject({ code: 5, out: expect.stringContaining('→ apt-get install bubblewrap') })
    const weak = await run(['doctor'], fakeCli({ report: { checks: [{ ...check, outcome: 'warning' }] } }))
    expect(weak).toMatchObject({ code: 0, out: expect.stringContaining('Runs can work here.') })
  })

  test('login keeps a piped key and never prints one', async () => {
    const cli = fakeCli({ typed: 'sk-secret\n' })
    expect((await run(['login', 'openai'], cli)).code).toBe(0)
    expect(cli.saved.get('openai')).toBe('sk-secret')
    const listed = await run(['login'], cli)
    expect(listed.out).toContain('openai     key kept')
    expect(listed.out).not.toContain('sk-secret')
    expect((await run(['login', 'openai', '--forget'], cli)).code).toBe(0)
    expect(cli.saved.has('openai')).toBe(false)
  })

  test.each(['', 'two words', 'line\nbreak'])('login refuses %j', async (typed) => {
    expect((await run(['login', 'openai'], fakeCli({ typed }))).code).toBe(2)
  })

  test('record writes the conversation to standard output or to a file', async () => {
    expect((await run(['record', 'last'], fakeCli({ platform: platform() }))).out).toBe('{"version":1}\n')
    const cli = fakeCli({ platform: platform() })
    await run(['record', 'last', '--out', 'talk.json'], cli)
    expect(cli.saved.get('/home/ada/retry/talk.json')).toBe('{"version":1}')
  })

  test('a broken platform is told as a defect, without a stack', async () => {
    const { code, err } = await run(['list'], fakeCli())
    expect(code).toBe(5)
    expect(err).toContain('Something in Gander broke.')
    expect(err).not.toContain('    at ')
  })

  test('every verb explains itself', async () => {
    const verbs = createProgram(fakeCli().environment).commands.map((command) => command.name())
    expect(new Set(verbs).size).toBe(verbs.length)
    for (const verb of verbs) expect((await run([verb, '--help'], fakeCli())).out).toContain('Usage: gander')
  })

  test('a group of commands without one of them is answered with its page', async () => {
    const alone = await run(['ops'], fakeCli())
    expect(alone).toMatchObject({ code: 0, err: '' })
    expect(alone.out).toBe((await run(['ops', '--help'], fakeCli())).out)
  })
})
