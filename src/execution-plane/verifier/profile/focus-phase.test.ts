import { describe, expect, it } from 'vitest'
import { findProfile } from './find-profile.ts'
import { focusedPhase } from './focus-phase.ts'

const found = async (files: Readonly<Record<string, string>>) => {
  const reader = {
    list: async () =>
      Object.keys(files)
        .sort()
        .map((path) => ({ path, mode: '100644', blob: path, bytes: 1 })),
    read: async (path: string) => (files[path] === undefined ? undefined : Buffer.from(files[path])),
  }
  const result = await findProfile(reader, null, { addresses: async () => [] })
  if (!result.ok) throw new Error(result.refusal.message)
  return result.value
}
const script = (test: string) => ({ 'package.json': JSON.stringify({ scripts: { test } }) })
const CRATES = {
  'Cargo.toml': '[workspace]\nmembers = ["shop"]\n',
  'shop/Cargo.toml': '[package]\nname = "till"\n',
}
const POMS = { 'pom.xml': '<project/>', 'core/pom.xml': '<project/>' }

describe('a part of the tests', () => {
  const FOCUSED: readonly (readonly [
    runner: string,
    files: Readonly<Record<string, string>>,
    test: string,
    argv: RegExp,
  ])[] = [
    ['vitest', script('vitest'), 'src/a.test.ts', /^node_modules\/\.bin\/vitest run .*json src\/a\.test\.ts$/],
    ['jest', script('jest --config x.js'), 'a.test.js', /jest --config x\.js .*--runTestsByPath a\.test\.js$/],
    ['mocha', script('mocha test'), 'test/a.js', /^node_modules\/\.bin\/mocha --reporter .*xml test\/a\.js$/],
    [
      'node:test',
      script("node --test 'test/*.js'"),
      'test/a.js',
      /^node --test --test-reporter=spec .*json test\/a\.js$/,
    ],
    ['ava', script('ava'), 'test/a.js', /ava --tap test\/a\.js$/],
    ['Go', { 'go.mod': 'module x\n' }, 'cart/cart_test.go', /go test -json -count=1 "\$@".* \.\/cart$/],
    ['Maven', POMS, 'core/src/test/java/acme/RetryTest.java', / -Dtest=RetryTest .*test$|-Dtest=RetryTest test$/],
    ['Cargo', CRATES, 'shop/tests/whole.rs', /cargo -p till till --test whole$/],
    ['Cargo, a unit test', CRATES, 'shop/src/lib.rs', /cargo -p till till$/],
  ]
  for (const [runner, files, test, argv] of FOCUSED)
    it(`${runner} is told to run one file`, async () => {
      const phase = focusedPhase(await found(files), [test])
      expect(phase?.argv.join(' ')).toMatch(argv)
      expect(phase).toMatchObject({ id: 'focused_tests', kind: 'focused_tests', required: true })
      expect(phase?.results).toBeDefined()
    })

  it('a package that is run whole is not run in part as well', async () => {
    const words = focusedPhase(await found(CRATES), ['shop/tests/whole.rs', 'shop/src/lib.rs'])?.argv
    expect(words?.slice(-4)).toEqual(['cargo', '-p', 'till', 'till'])
  })

  it('where only modules can be told, the modules of the files are', async () => {
    const gradle = await found({
      'settings.gradle': '',
      'build.gradle': '',
      'core/build.gradle': '',
      'core/deep/build.gradle': '',
    })
    const phase = focusedPhase(gradle, ['core/src/test/java/ATest.java', 'core/src/test/java/BTest.java'])
    expect(phase).toMatchObject({ id: 'module_tests', kind: 'module_tests', required: true })
    expect(phase?.argv.at(-1)).toBe(':core:test')
    expect(focusedPhase(gradle, ['core/deep/src/test/java/CTest.java'])?.argv.at(-1)).toBe(':core:deep:test')
    expect(focusedPhase(gradle, ['src/test/java/DTest.java'])?.argv.at(-1)).toBe('test')
    expect(focusedPhase(gradle, ['core/readme.txt'])).toBeUndefined()
    const module = '    module: {command: [tool, "{target}"], extensions: [.t]}\n'
    const own = await found({ '.gander/verify.yaml': `phases:\n  - id: check\n    command: [tool]\n${module}` })
    expect(focusedPhase(own, ['a.t'])).toMatchObject({ id: 'module_tests', argv: ['tool', 'a.t'] })
  })

  it('a source of a test is not told where the script runs what a build makes of it, or files of another ending', async () => {
    const told = async (line: string, file: string) => focusedPhase(await found(script(line)), [file]) !== undefined
    expect(await told("node --test 'dist/test/*.test.js'", 'test/a.test.ts')).toBe(false)
    expect(await told("node --test 'dist/test/*.test.js'", 'test/a.test.js')).toBe(false)
    expect(await told("node --test 'test/*.test.js'", 'test/a.test.ts')).toBe(false)
    expect(await told("node --test 'test/*.test.js'", 'test/a.test.js')).toBe(true)
    expect(await told('mocha build/test', 'test/a.js')).toBe(false)
  })

  it('a name that a runner could take for something else is not told at all', async () => {
    const profile = await found(script('vitest'))
    for (const name of ['-u.test.ts', '--config=x.ts', 'a*.test.ts', '{results}.ts', '../a.test.ts', 'a\n.ts'])
      expect(focusedPhase(profile, ['src/a.test.ts', name]), name).toBeUndefined()
    expect(focusedPhase(profile, ['src/a.test.ts'])).toBeDefined()
    expect(focusedPhase(profile, ['README.md'])).toBeUndefined()
    expect(focusedPhase(profile, [])).toBeUndefined()
  })

  it("a repository's own profile may say how", async () => {
    const focus = '    focus: {command: [tool, "--only={targets}"], extensions: [.t]}\n'
    const profile = await found({ '.gander/verify.yaml': `phases:\n  - id: check\n    command: [tool]\n${focus}` })
    expect(focusedPhase(profile, ['a.t', 'b.t', 'c.x'])?.argv).toEqual(['tool', '--only=a.t,b.t'])
  })
})
