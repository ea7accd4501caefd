import { shellWord, under, upwards } from '../ground/path-parts.ts'
import type { BuildGround } from './build-ground.ts'

/** How Gradle is told a task of a module from the root of the repository. */
interface GradlePlace {
  readonly start: string
  readonly task: string
}

/** A folder with settings of its own is another build; its modules are told by their paths below it. */
export function gradlePlace(folder: string, task: string, { has }: BuildGround): GradlePlace {
  const program = has('gradlew') ? './gradlew' : 'gradle'
  const isBuild = (each: string): boolean =>
    each !== '.' && (has(under(each, 'settings.gradle')) || has(under(each, 'settings.gradle.kts')))
  const build = upwards(folder).find(isBuild)
  const start = build === undefined ? program : `${program} -p ${shellWord(build)}`
  const inside = build === undefined ? folder : folder.slice(build.length + 1)
  return { start, task: inside === '' || inside === '.' ? task : shellWord(`:${inside.replaceAll('/', ':')}:${task}`) }
}
