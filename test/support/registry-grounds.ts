import { makeRegistryGround, type GroundWish, type RegistryGround } from './registry-fixtures.ts'

/** Grounds of one file, whose registry answers with a package unless a test wishes otherwise; `remove` takes those of a test. */
export function registryGrounds(): {
  readonly ground: (wish?: Partial<GroundWish>) => Promise<RegistryGround>
  readonly remove: () => Promise<void>
} {
  const grounds: RegistryGround[] = []
  return {
    ground: async (wish = {}) => {
      const made = await makeRegistryGround({ listener: (_asked, answer) => answer.end('package'), ...wish })
      grounds.push(made)
      return made
    },
    remove: async () => {
      await Promise.all(grounds.splice(0).map((one) => one.remove()))
    },
  }
}
