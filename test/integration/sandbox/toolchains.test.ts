import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createBubblewrapDriver, findToolchains } from '#adapters/sandboxes/bubblewrap'
import type { Sandbox } from '#ports'
import { execIn, makeSandboxGround, type SandboxGround, shellIn } from '../../support/sandbox-fixtures.ts'

const here = new Map(findToolchains(process.env).map((toolchain) => [toolchain.name, toolchain]))

const JAVA = 'public class Hello { public static void main(String[] a) { System.out.println(6 * 7); } }\n'

describe('toolchains inside a sandbox', () => {
  let ground: SandboxGround
  let sandbox: Sandbox
  beforeAll(async () => {
    ground = makeSandboxGround({
      'Hello.java': JAVA,
      'main.go': 'package main\nimport "fmt"\nfunc main() { fmt.Println(42) }\n',
      'go.mod': 'module example.org/x\n\ngo 1.20\n',
      'crate/Cargo.toml': '[package]\nname = "x"\nversion = "0.1.0"\nedition = "2021"\n',
      'crate/src/main.rs': 'fn main() { println!("42"); }\n',
      'sum.test.mjs': `import test from 'node:test'\nimport os from 'node:os'\ntest('a', () => { os.userInfo(); os.networkInterfaces() })\n`,
      'test_sum.py':
        'import getpass, unittest\nclass T(unittest.TestCase):\n  def test(self):\n    self.assertEqual(getpass.getuser(), "agent")\n',
    })
    sandbox = await createBubblewrapDriver({ home: ground.home }).open(ground.spec())
  })
  afterAll(async () => {
    await sandbox.close()
    ground.remove()
  })

  const runs: readonly (readonly [tool: string, line: string, out: RegExp])[] = [
    ['node', 'node --test sum.test.mjs', /pass 1/],
    ['npm', 'npm --version', /^\d+\./],
    ['python3', 'python3 -m unittest -v 2>&1', /OK/],
    ['pip', 'pip --version', /^pip /],
    ['javac', 'mkdir -p o && javac -d o Hello.java && java -cp o Hello', /^42$/m],
    ['mvn', 'mvn -v', /Apache Maven/],
    [
      'git',
      'git init -q r && cd r && git -c user.name=a -c user.email=a@b.c commit -q --allow-empty -m x && git log --oneline',
      / x$/m,
    ],
    ['go', 'go run .', /^42$/m],
    ['cargo', 'cd crate && cargo run -q --offline', /^42$/m],
    ['gcc', 'echo "int main(void){return 42;}" > t.c && gcc t.c -o t; ./t; echo $?', /^42$/m],
  ]
  for (const [tool, line, out] of runs) {
    it.skipIf(!here.has(tool))(`${tool} works (skipped where the host has none)`, async () => {
      const result = await shellIn(sandbox, line, { timeout_ms: 110_000 })
      expect(result.stdout, result.stderr).toMatch(out)
    })
  }

  it('finds real programs, never the stand-ins of a version manager', () => {
    expect(here.size).toBeGreaterThan(0)
    for (const { path } of here.values()) {
      expect(path).not.toMatch(/\/shims\/|volta-shim|\/rustup$/)
      expect(path).not.toContain('node_modules/.bin')
    }
  })

  it('opens of the home folder what toolchains need, read-only, and nothing beside it', async () => {
    const home = process.env['HOME'] ?? '/root'
    const roots = [...here.values()].flatMap(({ roots }) => roots).filter((root) => root.startsWith(`${home}/`))
    expect(roots).not.toContain(home)
    const listed = await shellIn(sandbox, `find ${home} -mindepth 1 -maxdepth 1 2>/dev/null`)
    const expected = [...new Set(roots.map((root) => `${home}/${root.slice(home.length + 1).split('/')[0]}`))]
    expect(listed.stdout.split('\n').filter(Boolean).toSorted()).toEqual(expected.toSorted())
    for (const root of roots) {
      expect((await execIn(sandbox, ['touch', `${root}/planted`])).exit_code).not.toBe(0)
    }
  })

  it('has a user and a name, and none of the secrets of /etc', async () => {
    const result = await shellIn(
      sandbox,
      'id -un; hostname; ls /etc/shadow /etc/ssl/private /etc/machine-id /etc/ssh 2>&1 | grep -c "No such"',
    )
    const [user, host, absent] = result.stdout.split('\n')
    expect([user, host, absent]).toEqual(['agent', 'gander', '4'])
  })
})
