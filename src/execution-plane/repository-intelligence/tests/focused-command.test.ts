import { describe, expect, it } from 'vitest'
import { surveyOf, type FilesOfCommit } from '../../../../test/support/survey-of-files.ts'

/** The command of each file, in the order of `paths`. */
async function commandsOf(files: FilesOfCommit, paths: readonly string[]): Promise<readonly (string | null)[]> {
  const survey = await surveyOf(files)
  return paths.map((path) => survey.focusedTest(path).command)
}

describe('tests of one file are run alone', () => {
  it('by the runner of the script, with the options that a single file needs as well', async () => {
    const told = async (script: string) =>
      (
        await commandsOf({ 'package.json': JSON.stringify({ scripts: { test: script } }), 'test/a.test.js': '' }, [
          'test/a.test.js',
        ])
      )[0]
    expect(await told('c8 node --import tsx --test --test-reporter=spec "test/**/*.js"')).toBe(
      'node --import tsx --test test/a.test.js',
    )
    expect(await told('mocha --require test/env --reporter spec --check-leaks test/')).toBe(
      'npx mocha --require test/env --check-leaks test/a.test.js',
    )
    expect(await told('eslint . && vitest run --coverage')).toBe('npx vitest run test/a.test.js')
    expect(await told('jest --require $(evil)')).toBe('npx jest test/a.test.js')
  })

  it('beside the nearest configuration, and by the one whose patterns name the file', async () => {
    const files = {
      'pnpm-lock.yaml': '',
      'package.json': '{"scripts":{"test":"vitest run"},"devDependencies":{"vitest":"3"}}',
      'vitest.config.ts': "export default { test: { include: ['packages/**/*.spec.[tj]s'] } }",
      'vitest.config.e2e.ts': "export default { test: { include: ['./play/**/*.spec.[tj]s'],\n} }",
      'packages/a/package.json': '{"name":"a"}',
      'packages/a/a.spec.ts': '',
      'packages/b/package.json': '{"name":"b","devDependencies":{"vitest":"3"}}',
      'packages/b/vite.config.ts': 'export default {}',
      'packages/b/b.spec.ts': '',
      'packages/a/__tests__/data.ts': '',
      'play/p.spec.ts': '',
    }
    expect(
      await commandsOf(files, [
        'packages/a/a.spec.ts',
        'packages/b/b.spec.ts',
        'packages/a/__tests__/data.ts',
        'play/p.spec.ts',
      ]),
    ).toEqual([
      'pnpm exec vitest run packages/a/a.spec.ts',
      'cd packages/b && pnpm exec vitest run b.spec.ts',
      null,
      'pnpm exec vitest run --config vitest.config.e2e.ts play/p.spec.ts',
    ])
  })

  it('of Rust by target, by module of a target, inside a source, and apart from the workspace', async () => {
    const inside = 'pub fn a() {}\n#[cfg(test)]\nmod tests {\n  #[test]\n  fn b() {}\n}\n'
    const files = {
      'Cargo.toml':
        '[package]\nname = "app"\nautotests = false\n[[test]]\nname = "integration"\npath = "tests/tests.rs"\n[[bin]]\nname = "rg"\npath = "core/main.rs"\n[workspace]\nmembers = ["crates/*"]\nexclude = ["crates/apart"]\n',
      'core/main.rs': 'mod flags;\nfn main() {}\n',
      'core/flags/mod.rs': '#[test]\nfn test_all() {}\n',
      'tests/tests.rs': 'mod misc;\n',
      'tests/misc.rs': '#[test]\nfn a() {}\n',
      'crates/glob/Cargo.toml': '[package]\nname = "the-glob"\n',
      'crates/glob/src/lib.rs': 'mod part;\n',
      'crates/glob/src/part.rs': inside,
      'crates/glob/tests/all.rs': '',
      'crates/apart/Cargo.toml': '[package]\nname = "apart"\n',
      'crates/apart/src/lib.rs': inside,
    }
    expect(
      await commandsOf(files, [
        'tests/tests.rs',
        'tests/misc.rs',
        'crates/glob/src/part.rs',
        'crates/glob/tests/all.rs',
        'crates/apart/src/lib.rs',
        'crates/glob/src/lib.rs',
        'core/flags/mod.rs',
      ]),
    ).toEqual([
      'cargo test --test integration',
      'cargo test --test integration misc::',
      'cargo test -p the-glob --lib part::',
      'cargo test -p the-glob --test all',
      'cargo test --manifest-path crates/apart/Cargo.toml --lib',
      null,
      'cargo test --bin rg flags::',
    ])
    const { test, build } = await (await surveyOf(files)).maps()
    expect(test.reached.entries.find(({ path }) => path.endsWith('part.rs'))?.tests.entries).toEqual([
      { path: 'crates/glob/src/part.rs', by: 'itself' },
    ])
    expect(build.modules.entries.map(({ test_command }) => test_command)).toEqual([
      'cargo test --workspace',
      'cargo test --manifest-path crates/apart/Cargo.toml',
      'cargo test -p the-glob',
    ])
  })

  it('of Go by the names of its functions, and none where a file only helps others', async () => {
    const files = {
      'go.mod': 'module example.org/a\n',
      'pkg/run_test.go': 'package pkg\n\nfunc TestRun(t *T) {}\n\nfunc helper() {}\n\nfunc ExampleRun() {}\n',
      'pkg/help_test.go': 'package pkg\n\nfunc helps() {}\n',
    }
    expect(await commandsOf(files, ['pkg/run_test.go', 'pkg/help_test.go'])).toEqual([
      "go test -run '^(TestRun|ExampleRun)$' ./pkg",
      null,
    ])
  })

  it('of a Gradle build inside another, of a .NET project, of Rails and of Django', async () => {
    expect(
      await commandsOf(
        {
          'android/settings.gradle': '',
          'android/app/build.gradle': '',
          'android/app/src/test/java/ATest.java': 'class ATest {}',
        },
        ['android/app/src/test/java/ATest.java'],
      ),
    ).toEqual(["gradle -p android :app:test --tests '*.ATest'"])
    expect(
      await commandsOf({ 'tests/App.Tests/App.Tests.csproj': '', 'tests/App.Tests/CartTests.cs': '' }, [
        'tests/App.Tests/CartTests.cs',
      ]),
    ).toEqual(["dotnet test tests/App.Tests --filter 'FullyQualifiedName~CartTests'"])
    expect(await commandsOf({ 'bin/rails': '', 'test/a_test.rb': '' }, ['test/a_test.rb'])).toEqual([
      'bin/rails test test/a_test.rb',
    ])
    expect(await commandsOf({ 'manage.py': '', 'shop/tests.py': '' }, ['shop/tests.py'])).toEqual([
      'python manage.py test shop.tests',
    ])
  })
})

describe('a test says by its name what it tests', () => {
  it('only within its module unless it imports it, and never what is shown or measured', async () => {
    const survey = await surveyOf({
      'packages/a/package.json': '{"name":"a"}',
      'packages/b/package.json': '{"name":"b"}',
      'packages/a/src/cli.ts': 'export {}\n',
      'packages/b/test/cli.test.ts': '',
      'packages/a/bench/size.ts': '',
      'packages/a/test/size.test.ts': '',
      'lib/request.js': '',
      '__tests__/request/accepts.test.js': '',
    })
    expect(await survey.reachOf('packages/b/test/cli.test.ts')).toEqual([])
    expect(await survey.reachOf('packages/a/test/size.test.ts')).toEqual([])
    expect(await survey.reachOf('__tests__/request/accepts.test.js')).toEqual([{ path: 'lib/request.js', by: 'name' }])
  })

  it('and which tests name one function of a source is told', async () => {
    const survey = await surveyOf({
      'src/cart.ts': 'export function addItem() {}\nexport function emptyCart() {}\n',
      'test/a.test.ts': "import { addItem } from '../src/cart'\naddItem()\n",
      'test/b.test.ts': "import { emptyCart } from '../src/cart'\nemptyCart()\n",
    })
    expect(await survey.testsNaming('src/cart.ts', 'emptyCart')).toEqual([{ path: 'test/b.test.ts', by: 'import' }])
  })
})
