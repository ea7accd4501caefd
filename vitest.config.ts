import { defineConfig } from 'vitest/config'

const world = (name: string) => ({
  extends: true as const,
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    testTimeout: 120_000,
    hookTimeout: 180_000,
    pool: 'forks' as const,
    maxWorkers: 2,
  },
})

/** Unit tests stand beside the source and need nothing; the other projects need the world and are slower. */
export default defineConfig({
  test: {
    projects: [
      { extends: true, test: { name: 'unit', include: ['src/**/*.test.ts', 'scripts/**/*.test.ts'] } },
      world('architecture'),
      world('contract'),
      world('integration'),
      world('security'),
      world('e2e'),
    ],
  },
})
