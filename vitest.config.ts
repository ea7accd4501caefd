import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { LongestFirst } from './scripts/longest-first.ts'

const COMPILED = fileURLToPath(new URL('node_modules/.cache/gander', import.meta.url))

/**
 * For the two processors of CI: a run of the program alone takes 9 s of processor time in 10 s, so that four files at a
 * time kept the two 86 % busy. The same number everywhere, or projects would not run side by side.
 */
const WORKERS = 5

/**
 * Files of these share a worker one after the other: a worker of its own costs each of them 1.7 s of processor time, a
 * tenth of the whole suite. What a test changes of its process it puts back. The experiments of chaos are few and stay apart.
 */
const SHARING: ReadonlySet<string> = new Set(['architecture', 'contract', 'integration', 'security', 'e2e'])

const world = (name: string) => ({
  extends: true as const,
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    // Twice what the slowest took beside two others: the run of the Java example, with five builds by Maven, took 144 s.
    testTimeout: 300_000,
    hookTimeout: 240_000,
    // Programs that a test starts compile their sources once, as `bin/gander` has them do.
    env: { NODE_COMPILE_CACHE: COMPILED },
    pool: 'forks' as const,
    isolate: !SHARING.has(name),
    maxWorkers: WORKERS,
  },
})

/** Unit tests stand beside the source and need nothing; the other projects need the world and are slower. */
export default defineConfig({
  test: {
    // A machine that is busy is no failure: what is polled for may take its time.
    expect: { poll: { timeout: 15_000 } },
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'scripts/**/*.test.ts'],
          testTimeout: 30_000,
          pool: 'threads',
          isolate: false,
          maxWorkers: WORKERS,
        },
      },
      world('architecture'),
      world('contract'),
      world('integration'),
      world('security'),
      world('e2e'),
      world('chaos'),
    ],
  },
})
