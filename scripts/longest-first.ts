import { relative } from 'node:path'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/**
 * The files that take longest, longest first, measured on two processors. Left to itself the runner takes projects by
 * name and would begin a file of three minutes when the others are done, with one processor idle until its end.
 */
export const LONGEST: readonly string[] = [
  'test/e2e/example-java.test.ts',
  'test/e2e/issue-to-pull-request.test.ts',
  'test/e2e/kill-and-resume.test.ts',
  'test/chaos/short-forms.test.ts',
  'test/security/evil-model/run-attacks.test.ts',
  'test/e2e/transform-and-remotes.test.ts',
  'test/e2e/guest-ends.test.ts',
  'test/e2e/demo.test.ts',
  'test/integration/verifier/runners.test.ts',
  'test/e2e/errors.test.ts',
  'test/e2e/setup-and-approval.test.ts',
  'test/e2e/hostile-input.test.ts',
  'test/e2e/guests.test.ts',
  'test/integration/verifier/compiled.test.ts',
  'test/integration/store/embedded-server.test.ts',
  'test/integration/docker/docker-conformance.test.ts',
  'test/integration/docker/podman-conformance.test.ts',
  'test/e2e/judge-and-appeal.test.ts',
  'test/integration/capabilities/capabilities.test.ts',
  'test/e2e/budgets.test.ts',
  'test/e2e/people-killed.test.ts',
  'test/integration/guests/guest-turn.test.ts',
  'test/integration/verifier/real-projects.test.ts',
  'test/integration/verifier/python-setups.test.ts',
  'test/e2e/test-strength.test.ts',
  'test/security/redaction-canaries.test.ts',
  'test/integration/sandbox/toolchains.test.ts',
  'test/integration/failures/failures.test.ts',
  'test/e2e/serve.test.ts',
  'test/integration/registry-proxy/real-tools.test.ts',
  'test/integration/tools/tools.test.ts',
  'test/integration/judge/proof-gates.test.ts',
  'test/integration/verification-plan/strength.test.ts',
  'test/e2e/proof-of-change.test.ts',
  'test/e2e/policy-asked.test.ts',
  'test/security/evil-model/tool-attacks.test.ts',
  'test/integration/guides/run-guides.test.ts',
  'test/e2e/review.test.ts',
  'test/integration/mcp/serve.test.ts',
  'test/integration/verification/planted-failures.test.ts',
]

/** Runs the longest files first and the others in the runner's own order. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const root = this.ctx.config.root
    const rank = ({ moduleId }: TestSpecification): number => {
      const at = LONGEST.indexOf(relative(root, moduleId))
      return at === -1 ? LONGEST.length : at
    }
    return (await super.sort(files)).toSorted((one, other) => rank(one) - rank(other))
  }
}
