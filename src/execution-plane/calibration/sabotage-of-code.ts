import { chooseMutants, findMutants, mutated } from '#execution-plane/mutation'
import { isTestFile } from '#execution-plane/patch'
import { codeIn, type Sabotage, type Sources } from './sabotage.ts'

/** Defects in the code that tests are there to notice: a sample that is the same for the same sources. */
export async function defectsIn(sources: Sources, most: number): Promise<readonly Sabotage[]> {
  const found = await Promise.all(codeIn(sources, isTestFile).map(([path, text]) => findMutants(path, text)))
  const chosen = chooseMutants(found.flat(), { seed: 'calibration', most, isChanged: () => false })
  return chosen.map((mutant) => ({
    name: `${mutant.operator} in ${mutant.path}:${mutant.line}`,
    gate: 'verification',
    apply: (given) => {
      const text = given.get(mutant.path)
      return text === undefined ? undefined : [{ path: mutant.path, content: mutated(text, mutant) }]
    },
  }))
}
