import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createPackageRegistries } from '#adapters/registries'
import { createRegistryProxy } from '#adapters/registry-proxy'
import { createBubblewrapDriver, findToolchains } from '#adapters/sandboxes/bubblewrap'
import type { VerificationReport } from '#domain/verification'
import { focusedPhase, judgeVerification, reproduction } from '#execution-plane/verifier'
import type { PackageTool } from '#ports'
import { verifierWorld } from './world.ts'
import { onThisMachine } from '../../support/machine-time.ts'

const home = mkdtempSync(join(tmpdir(), 'gander-compiled-'))
afterAll(() => rmSync(home, { recursive: true, force: true }))
const driver = createBubblewrapDriver({ home })
const { available } = await driver.probe()
const registries = createPackageRegistries({ home })
const tools = new Set(findToolchains(process.env).map(({ name }) => name))

/** Whether the registry of a tool answers for what a test needs. */
const reached = async (tool: PackageTool, probe: string): Promise<boolean> => {
  const [address] = await registries.addresses(tool)
  if (address === undefined) return false
  const url = `${address.replace(/\/+$/, '')}/${probe}`
  return fetch(url, { signal: AbortSignal.timeout(8_000) }).then(
    ({ ok }) => ok,
    () => false,
  )
}
const [go, cargo] = await Promise.all([
  reached('go', 'github.com/pkg/errors/@v/v0.9.1.info'),
  reached('cargo', 'it/oa/itoa'),
])
const outcomes = (report: VerificationReport) =>
  Object.fromEntries(report.phases.flatMap((phase) => phase.tests).map((test) => [test.id, test.outcome]))
const phases = (report: VerificationReport) =>
  Object.fromEntries(report.phases.map((phase) => [phase.id, phase.diagnosis?.classification ?? phase.outcome]))
const world = (files: Readonly<Record<string, string>>) =>
  verifierWorld(files, { driver, registries, proxy: createRegistryProxy({ home }) })
type World = Awaited<ReturnType<typeof world>>

/** The outcomes of these test files alone. */
async function alone(of: World, ...files: readonly string[]) {
  const part = focusedPhase(of.profile, files)
  if (part === undefined) throw new Error('the profile cannot run a part')
  return outcomes((await of.verify({}, { ...of.profile, phases: [part] })).report)
}

const CART = `package cart

import "github.com/pkg/errors"

func Total(prices []int) (int, error) {
	sum := 0
	for _, price := range prices {
		if price < 0 {
			return 0, errors.New("negative")
		}
		sum += price
	}
	return sum, nil
}
`
const GO_FILES = {
  'go.mod': 'module example.org/shop\n\ngo 1.20\n\nrequire github.com/pkg/errors v0.9.1\n',
  'go.sum': `github.com/pkg/errors v0.9.1 h1:FEBLx1zS214owpjy7qsBeixbURkuhQAwrK5UwLGTwt4=
github.com/pkg/errors v0.9.1/go.mod h1:bwawxfHBFNV+L2hUp1rHADufV3IMtnDRdf1r5NINEl0=
`,
  'cart/cart.go': CART,
  'cart/cart_test.go': `package cart

import "testing"

func TestTotal(t *testing.T) {
	t.Run("two items", func(t *testing.T) {
		if got, _ := Total([]int{1, 2}); got != 3 {
			t.Errorf("got %d, want 3", got)
		}
	})
}

func TestNegative(t *testing.T) {
	if _, err := Total([]int{-1}); err == nil {
		t.Error("no error")
	}
}

func TestLater(t *testing.T) { t.Skip("later") }
`,
  'price/price.go': 'package price\n\nfunc Of() int { return 1 }\n',
  'price/price_test.go': 'package price\n\nimport "testing"\n\nfunc TestOf(t *testing.T) { Of() }\n',
}
const GONE = 'package gone\n\nimport (\n\t"os"\n\t"testing"\n)\n\nfunc TestMain(m *testing.M) { os.Exit(7) }\n'
const HANG =
  'package hang\n\nimport (\n\t"testing"\n\t"time"\n)\n\nfunc TestHangs(t *testing.T) { time.Sleep(time.Hour) }\n'
const CART_TESTS = 'example.org/shop/cart'

describe.skipIf(!available || !tools.has('go') || !go)(
  'go in the real sandbox (skipped without bubblewrap, Go, or a module proxy that answers)',
  () => {
    let shop: World
    let before: VerificationReport
    beforeAll(async () => {
      shop = await world(GO_FILES)
      const setup = await shop.setup()
      expect(setup.outcome, setup.reason).toBe('passed')
      expect(setup.refused).toEqual([])
      expect(setup.phases.map(({ outcome }) => outcome)).toEqual(['passed', 'passed'])
      before = (await shop.verify()).report
    }, 400_000)

    it('a module with a dependency is built and tested without a network, by exact names', () => {
      expect(before.outcome, JSON.stringify(before, null, 1)).toBe('passed')
      expect(phases(before)).toEqual({ compile: 'passed', vet: 'passed', unit_tests: 'passed', gofmt: 'passed' })
      expect(outcomes(before)).toEqual({
        [`${CART_TESTS}::TestTotal`]: 'passed',
        [`${CART_TESTS}::TestTotal/two_items`]: 'passed',
        [`${CART_TESTS}::TestNegative`]: 'passed',
        [`${CART_TESTS}::TestLater`]: 'skipped',
        'example.org/shop/price::TestOf': 'passed',
      })
    })

    it('a test file that is run alone is run with its package, by the same names', async () => {
      expect(await alone(shop, 'price/price_test.go')).toEqual({ 'example.org/shop/price::TestOf': 'passed' })
    })

    it('what was compiled in setup is not compiled again', () => {
      // Compiling the standard library takes 20 s of one core and more.
      expect(before.phases[0]?.duration_ms).toBeLessThan(onThisMachine(15_000))
    })

    it('what fails, does not compile, leaves the process or hangs is told apart, with its place', async () => {
      const test = shop.profile.phases.find(({ id }) => id === 'unit_tests')
      if (test === undefined) throw new Error('no phase')
      const argv = test.argv.map((word) => word.replace('-count=1', '-count=1 -timeout=2s'))
      const { report } = await shop.verify(
        {
          'cart/cart.go': CART.replace('sum += price', 'sum -= price'),
          'price/price.go': 'package price\n\nfunc Of() int { return "x" }\n',
          'gone/gone_test.go': GONE,
          'hang/hang_test.go': HANG,
        },
        { ...shop.profile, phases: shop.profile.phases.map((phase) => (phase === test ? { ...test, argv } : phase)) },
      )
      expect(phases(report)).toMatchObject({ compile: 'compile_error' })
      expect(outcomes(report)).toMatchObject({
        [`${CART_TESTS}::TestTotal/two_items`]: 'failed',
        [`${CART_TESTS}::TestNegative`]: 'passed',
        'example.org/shop/price::(build)': 'error',
        'example.org/shop/gone::(package)': 'error',
        'example.org/shop/hang::TestHangs': 'error',
      })
      expect(report.phases[0]?.diagnosis?.root_causes[0]).toMatchObject({ file: 'price/price.go', line: 3 })
      const tested = report.phases.find(({ id }) => id === 'unit_tests')
      const places = tested?.diagnosis?.root_causes.map(({ file, line }) => `${file ?? ''}:${line ?? ''}`)
      expect(places).toContain('cart/cart_test.go:8')
      expect(judgeVerification(before, report)).toMatchObject({ answer: 'fail' })
      const asked = { is_fix: true, title: '', objective: '', success_criteria: [] }
      expect(reproduction(report, asked)).toMatchObject({ status: 'unrelated' })
      // The way back: what failed on the base commit passes now, and stand-ins are no tests that went.
      expect(judgeVerification(report, before).findings.map(({ rule }) => rule)).not.toContain('test.broken')
      expect(
        judgeVerification(report, before)
          .findings.map(({ message }) => message)
          .join(),
      ).not.toContain('(build)')
    })
  },
)

const LIBRARY = `pub fn total(prices: &[i64]) -> String {
    itoa::Buffer::new().format(prices.iter().sum::<i64>()).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adds() {
        assert_eq!(total(&[1, 2]), "3");
    }

    #[test]
    #[ignore]
    fn later() {}
}
`
const CARGO_FILES = {
  'Cargo.toml': '[workspace]\nmembers = ["shop", "till"]\nresolver = "2"\n',
  'clippy.toml': '',
  'shop/Cargo.toml':
    '[package]\nname = "shop"\nversion = "0.1.0"\nedition = "2021"\n\n[dependencies]\nitoa = "=1.0.11"\n',
  'shop/src/lib.rs': LIBRARY,
  'till/Cargo.toml':
    '[package]\nname = "till"\nversion = "0.1.0"\nedition = "2021"\n\n[dependencies]\nshop = { path = "../shop" }\n',
  'till/src/main.rs': 'fn main() {\n    println!("{}", shop::total(&[1]));\n}\n',
  'till/tests/whole.rs': '#[test]\nfn whole() {\n    assert_eq!(shop::total(&[]), "0");\n}\n',
}

describe.skipIf(!available || !tools.has('cargo') || !cargo)(
  'cargo in the real sandbox (skipped without bubblewrap, Cargo, or an index that answers)',
  () => {
    let shop: World
    let before: VerificationReport
    beforeAll(async () => {
      shop = await world(CARGO_FILES)
      const setup = await shop.setup()
      expect(setup.outcome, setup.reason).toBe('passed')
      expect(setup.refused).toEqual([])
      before = (await shop.verify()).report
    }, 300_000)

    it('a workspace with a dependency is compiled and tested without a network, by exact names', () => {
      expect(before.outcome, JSON.stringify(before, null, 1)).toBe('passed')
      expect(phases(before)).toEqual({ compile: 'passed', clippy: 'passed', unit_tests: 'passed' })
      expect(outcomes(before)).toEqual({
        'shop::src/lib.rs::tests::adds': 'passed',
        'shop::src/lib.rs::tests::later': 'skipped',
        'till::tests/whole.rs::whole': 'passed',
      })
    })

    it('test files that are run alone keep their names, with those of their packages where they are unit tests', async () => {
      expect(await alone(shop, 'till/tests/whole.rs')).toEqual({ 'till::tests/whole.rs::whole': 'passed' })
      expect(await alone(shop, 'till/tests/whole.rs', 'shop/src/lib.rs')).toEqual(outcomes(before))
    })

    it('a broken test names its place, and one that leaves the process with success is an error', async () => {
      const { report } = await shop.verify({
        'shop/src/lib.rs': LIBRARY.replace('sum::<i64>()', 'product::<i64>()'),
        'till/tests/whole.rs': '#[test]\nfn whole() {\n    std::process::exit(0)\n}\n',
      })
      expect(phases(report)).toMatchObject({ compile: 'passed', unit_tests: 'test_failure' })
      expect(outcomes(report)).toEqual({
        'shop::src/lib.rs::tests::adds': 'failed',
        'shop::src/lib.rs::tests::later': 'skipped',
        'till::tests/whole.rs::(target)': 'error',
      })
      const tested = report.phases.find(({ id }) => id === 'unit_tests')
      expect(tested?.diagnosis?.root_causes[0]).toMatchObject({ file: 'shop/src/lib.rs', line: 11 })
      expect(judgeVerification(before, report)).toMatchObject({ answer: 'fail' })
      const asked = { is_fix: true, title: '', objective: '', success_criteria: [] }
      expect(reproduction(report, asked).reason).toContain('shop::src/lib.rs::tests::adds')
      expect(judgeVerification(report, before)).toMatchObject({ answer: 'pass' })
    })

    it('what does not compile is a compile error, and nothing is run after it', async () => {
      const { report } = await shop.verify({ 'shop/src/lib.rs': LIBRARY.replace('String', 'i64') })
      expect(phases(report)).toEqual({ compile: 'compile_error', clippy: 'not_run', unit_tests: 'not_run' })
      expect(report.phases[0]?.diagnosis?.root_causes[0]).toMatchObject({ file: 'shop/src/lib.rs', line: 2 })
    })
  },
)
