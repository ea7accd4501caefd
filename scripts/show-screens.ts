import { createRedactor } from '#evidence-plane/redaction'
import { createIntake } from '#control-plane/intake'
import { processEnvironment, runCommandLine } from '#cli'
import process from 'node:process'
import { FAKE_CHANGE, fakePlatform, fakeRun, fakeView, GOOD_RUN } from '../test/support/fake-platform.ts'

/** Runs the real command line in a real terminal over a fake platform: `node show-screens.ts STATE ARGUMENTS…`. */
const [state = 'completed', ...argv] = process.argv.slice(2)
const endings = ['completed', 'paused', 'needs_human', 'blocked_policy', 'failed', 'cancelled', 'editing'] as const
const chosen = endings.find((ending) => ending === state) ?? 'completed'
const pace = Number(process.env['SCREENS_PACE_MS'] ?? 20)
const runs = [chosen, ...endings].map((ending, index) => fakeView(fakeRun(ending, index + 1)))
const events = chosen === 'completed' ? GOOD_RUN : GOOD_RUN.slice(0, 14)
const cancelled = fakeView(fakeRun('cancelled'))
const platform = fakePlatform({
  runs,
  events,
  pace,
  change: FAKE_CHANGE,
  work: (signal) =>
    new Promise((resolve) => {
      signal?.addEventListener('abort', () => setTimeout(() => resolve(cancelled), 200))
      setTimeout(() => resolve(runs[0] ?? cancelled), events.length * pace + 100)
    }),
})
process.exitCode = await runCommandLine(
  processEnvironment(
    {
      openPlatform: async () => platform,
      redactor: async () => createRedactor(),
      intake: async () => createIntake({ fetch: globalThis.fetch, token: undefined }),
      prepareDemo: async () => {
        throw new Error('not here')
      },
      recordConversation: async () => '{}',
      guests: async () => {
        throw new Error('not here')
      },
      examine: async () => ({
        checks: [
          { part: 'tools', name: 'git', outcome: 'ok', detail: '2.39.5, clones and keeps trees' },
          {
            part: 'tools',
            name: 'mvn',
            outcome: 'warning',
            detail: 'not found; builds Maven projects',
            remedy: 'apt-get install maven',
          },
          { part: 'sandbox', name: 'bubblewrap', outcome: 'ok', detail: 'works as root' },
          {
            part: 'sandbox',
            name: 'no network',
            outcome: 'failed',
            detail: 'a connection to 127.0.0.1 was made',
            remedy: 'update bubblewrap to 0.8 or newer',
          },
        ],
      }),
    },
    '0.0.0-test',
  ),
  argv,
)
