import { describe, expect, it } from 'vitest'
import { surveyOf } from '../../../test/support/survey-of-files.ts'

describe('the runtime map', () => {
  it('lists the jobs that a forge runs, and takes no part of a package or of an example for a program', async () => {
    const { runtime } = await (
      await surveyOf({
        '.github/workflows/test.yml':
          'name: CI # all\non: push\njobs:\n  unit:\n    steps: []\n  lint:\n    steps: []\n',
        '.gitlab-ci.yml': 'stages: [a]\nvariables:\n  A: b\nunit test:\n  script: x\n.hidden:\n  script: y\n',
        'deploy/app.service': '[Unit]\nDescription=x\n[Service]\nExecStart=/bin/app\n',
        'src/shop/__init__.py': '',
        'src/shop/app.py': 'class App:\n    pass\n',
        'tools/main.py': 'print(1)\n',
        'cmd/shop/main.go': 'package main\n\nfunc main() {}\n',
        'crates/a/src/index.rs': 'pub fn a() {}\n',
        'examples/package.json': '{"name":"ex","main":"./index.js"}',
        'examples/index.js': '',
        'package.json': '{"name":"shop","main":"./lib/shop.js"}',
        'lib/shop.js': '',
      })
    ).maps()
    expect(runtime.pipelines.entries.map(({ kind, name }) => `${kind}: ${name}`)).toEqual([
      'github_workflow: CI / unit',
      'github_workflow: CI / lint',
      'gitlab_ci: unit test',
    ])
    expect(runtime.deployment_units.entries).toEqual([
      { path: 'deploy/app.service', kind: 'systemd', name: 'deploy/app.service' },
    ])
    expect(runtime.entry_points.entries.map(({ name, path }) => `${name} ${path}`)).toEqual([
      'shop lib/shop.js',
      'tools tools/main.py',
      'shop cmd/shop/main.go',
      'ex examples/index.js',
    ])
  })

  it('names entry points, deployment units and variables, and never a value', async () => {
    const maps = await (
      await surveyOf({
        'package.json': '{"name":"shop","bin":{"shop":"./bin/shop.js"}}',
        'bin/shop.js': 'console.log(process.env.SHOP_TOKEN, process.env["SHOP_HOST"])\n',
        'src/server.py': 'import os\nos.environ.get("DATABASE_URL", "postgres://user:hunter2@db")\n',
        '.env': 'SHOP_TOKEN=hunter2\n',
        'config/app.yaml': 'password: hunter2\n',
        'docker-compose.yml': 'services:\n  web:\n    image: x\n  db:\n    image: y\nvolumes:\n  data:\n',
        'k8s/web.yaml': 'apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n',
        'k8s/values.yaml': 'replicas: 2\n',
        Procfile: 'web: node bin/shop.js\nworker: node w.js\n',
      })
    ).maps()
    const { runtime } = maps
    expect(runtime.entry_points.entries).toEqual([
      { path: 'bin/shop.js', kind: 'command', name: 'shop' },
      { path: 'src/server.py', kind: 'server', name: 'server' },
    ])
    expect(runtime.deployment_units.entries.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      'procfile web',
      'procfile worker',
      'compose web',
      'compose db',
      'kubernetes Deployment web',
    ])
    expect(runtime.environment.entries.map(({ name }) => name)).toEqual(['DATABASE_URL', 'SHOP_HOST', 'SHOP_TOKEN'])
    expect(runtime.configuration.entries).toContain('config/app.yaml')
    expect(JSON.stringify(maps)).not.toContain('hunter2')
  })
})

describe('the risk map', () => {
  it.each([
    ['src/user_auth.py', 'authentication'],
    ['src/main/java/AuthFilter.java', 'authentication'],
    ['lib/cryptoBox.ts', 'cryptography'],
    ['app/billing/total.rb', 'billing'],
    ['db/migrate/1_add.rb', 'database_schema'],
    ['deploy/main.tf', 'infrastructure'],
    ['.github/workflows/ci.yml', 'ci'],
    ['AGENTS.md', 'agent_instructions'],
    ['.env.local', 'secrets_on_disk'],
    ['api/openapi.yaml', 'public_api'],
    ['LICENSE', 'licence'],
  ])('puts %s under %s', async (path, domain) => {
    const survey = await surveyOf({ [path]: 'x' })
    expect(survey.risksOf(path).map((each) => each.domain)).toContain(domain)
    expect((await survey.maps()).risk.areas.map((each) => each.domain)).toContain(domain)
  })

  it.each(['src/author.py', 'src/tokenizer.ts', 'src/syntax.go', 'docs/locked.md', 'yarn-error.log'])(
    'puts %s nowhere',
    async (path) => {
      expect((await surveyOf({ [path]: 'x' })).risksOf(path)).toEqual([])
    },
  )
})

describe('risks that no name tells', () => {
  it('are told by what a source imports, and by what is published', async () => {
    const survey = await surveyOf({
      'package.json': '{"name":"shop","main":"./dist/entry.js"}',
      'src/entry.ts': "import { run } from './run'\n",
      'src/run.ts': "import { spawn } from 'node:child_process'\n",
      'src/pay.py': 'import stripe\n',
      'src/plain.py': 'import stripes\n',
      'examples/auth/login.ts': '',
      'test/data/stripe.txt': '',
      'src/license.spec.ts.snap': '',
    })
    const of = (path: string) => survey.risksOf(path).map(({ domain }) => domain)
    expect(of('src/entry.ts')).toEqual(['public_api'])
    expect(of('src/run.ts')).toEqual(['code_execution'])
    expect(of('src/pay.py')).toEqual(['billing'])
    for (const path of ['src/plain.py', 'examples/auth/login.ts', 'test/data/stripe.txt', 'src/license.spec.ts.snap'])
      expect(of(path)).toEqual([])
  })
})

describe('the convention map', () => {
  it('measures how subjects are written, without what programs commit', async () => {
    const messages = ['net/http: fix a leak (#12)', 'feat: add', 'Fix PROJ-7', 'Bump x']
    const past = messages.map((message, at) => ({ message, time: at, paths: [], ...(at === 3 ? { bot: true } : {}) }))
    const { commits } = (await (await surveyOf({ a: '' }, past)).maps()).convention
    expect(commits).toMatchObject({
      counted: 3,
      conventional: 0.33,
      scoped: 0.33,
      capitalised: 0.33,
      with_reference: 0.67,
    })
  })

  it('measures indentation, names and layers, and finds the tools that keep them', async () => {
    const body = Array.from({ length: 30 }, (_, n) => `function makeThing${n}() {\n    return ${n}\n}\n`).join('')
    const { convention } = await (
      await surveyOf({
        'biome.json': '{}',
        'pyproject.toml': '[tool.ruff]\nline-length = 100\n',
        'src/cli/run-all.ts': `import '../domain/task-list'\n${body}`,
        'src/domain/task-list.ts': body,
        'main.go': 'package main\n\nfunc main() {\n\tprintln(1)\n}\n'.repeat(12),
      })
    ).maps()
    expect(convention.tools.map(({ name }) => name)).toEqual(['biome', 'ruff'])
    expect(convention.indentation).toMatchObject([
      { language: 'TypeScript', style: 'spaces', width: 4, share: 1, files: 2 },
      { language: 'Go', style: 'tabs', width: null, share: 1, files: 1 },
    ])
    expect(convention.naming).toContainEqual({
      language: 'TypeScript',
      kind: 'function',
      style: 'camelCase',
      share: 1,
      symbols: 60,
    })
    expect(convention.layers.entries).toEqual([{ from: 'src/cli', to: 'src/domain', imports: 1 }])
    expect(convention.commits).toBeNull()
  })
})
