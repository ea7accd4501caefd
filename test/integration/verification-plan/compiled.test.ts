import { env } from 'node:process'
import { afterAll, describe, expect, it } from 'vitest'
import { findToolchains } from '#adapters/sandboxes/bubblewrap'
import type { MutantResult } from '#domain/verification'
import { trialWorld } from './trial-world.ts'

const world = trialWorld()
afterAll(() => world.remove())
const tools = new Set(findToolchains(env).map(({ name }) => name))

/** A project of a compiled language whose fee is tested at its boundary, and a discount that nobody looks at. */
interface Project {
  readonly tool: string
  readonly files: Readonly<Record<string, string>>
  readonly path: string
  readonly source: string
  /** Lines of the fee and of the discount. */
  readonly lines: readonly [fee: readonly number[], discount: readonly number[]]
}

const profile = (ecosystem: string, format: string, command: string) =>
  JSON.stringify({
    ecosystem,
    phases: [{ id: 'unit_tests', command: ['sh', '-c', command], results: { format, path: '-' } }],
  })

const JAVA: Project = {
  tool: 'java',
  files: {
    '.gander/verify.yaml': profile(
      'java',
      'tap',
      'mkdir -p /tmp/out && javac -d /tmp/out src/Shop.java test/ShopTest.java && java -Xshare:auto -XX:TieredStopAtLevel=1 -cp /tmp/out ShopTest',
    ),
    'src/Shop.java': 'final class Shop {\n}\n',
    'test/ShopTest.java': `public final class ShopTest {
    static int fee(int amount) {
        try {
            return (int) Class.forName("Shop").getDeclaredMethod("fee", int.class).invoke(null, amount);
        } catch (ReflectiveOperationException gone) {
            return amount > 10 ? 1 : 0;
        }
    }

    public static void main(String[] none) {
        boolean right = fee(10) == 0 && fee(11) == 1;
        System.out.println("TAP version 13\\n1..1\\n" + (right ? "ok" : "not ok") + " 1 - a fee starts above ten");
        System.exit(right ? 0 : 1);
    }
}
`,
  },
  path: 'src/Shop.java',
  source:
    'final class Shop {\n    static int fee(int amount) {\n        return amount > 10 ? 1 : 0;\n    }\n\n    static int discount(int amount) {\n        return amount - 5;\n    }\n}\n',
  lines: [[3], [7]],
}

const RUST: Project = {
  tool: 'cargo',
  files: {
    '.gander/verify.yaml': profile(
      'rust',
      'cargo_text',
      'CARGO_TARGET_DIR=/tmp/target cargo test --offline --lib 2>&1',
    ),
    'Cargo.toml': '[package]\nname = "shop"\nversion = "0.1.0"\nedition = "2021"\n',
    'Cargo.lock': 'version = 3\n\n[[package]]\nname = "shop"\nversion = "0.1.0"\n',
    'src/lib.rs': 'mod fees;\n',
    'src/fees.rs':
      'pub fn fee(amount: i32) -> i32 {\n    if amount > 10 { 1 } else { 0 }\n}\n\n#[cfg(test)]\nmod tests {\n    use super::*;\n    #[test]\n    fn a_fee_starts_above_ten() {\n        assert_eq!([fee(10), fee(11)], [0, 1]);\n    }\n}\n',
  },
  path: 'src/fees.rs',
  source:
    'pub fn fee(amount: i32) -> i32 {\n    if amount >= 11 { 1 } else { 0 }\n}\n\npub fn discount(amount: i32) -> i32 {\n    amount - 5\n}\n\n#[cfg(test)]\nmod tests {\n    use super::*;\n    #[test]\n    fn a_fee_starts_above_ten() {\n        assert_eq!([fee(10), fee(11)], [0, 1]);\n    }\n}\n',
  lines: [[2], [6]],
}

for (const { tool, files, path, source, lines } of [JAVA, RUST]) {
  const without = tools.has(tool) ? '' : `${tool} is not installed`
  describe.skipIf(without !== '')(`a project of ${tool}${without === '' ? '' : ` (skipped: ${without})`}`, () => {
    it('is built with each mutant: what its test looks at is noticed, what it does not slips through', async () => {
      const shop = await world.project(tool, files)
      expect(shop.before.outcome, JSON.stringify(shop.before)).toBe('passed')
      const proposal = await shop.propose({ [path]: source }, 3)
      expect(proposal.after.outcome, JSON.stringify(proposal.after)).toBe('passed')
      const { mutants } = await proposal.trials()
      const at = (of: readonly number[]): ReadonlySet<MutantResult['outcome']> =>
        new Set(mutants.filter(({ line }) => of.includes(line)).map(({ outcome }) => outcome))
      const [fee, discount] = lines
      expect(at(fee), JSON.stringify(mutants)).toContain('killed')
      expect([...at(fee)].filter((outcome) => outcome !== 'killed' && outcome !== 'invalid')).toEqual([])
      expect(at(discount)).toContain('survived')
      expect(at(discount)).not.toContain('killed')
    }, 400_000)
  })
}
