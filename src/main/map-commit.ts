import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { createCodeReader } from '#adapters/git'
import { createSegmentFolder, indexCommit } from '#execution-plane/code-index'
import { RepositorySurvey } from '#execution-plane/repository-intelligence'
import type { MapCommit } from '#ports'

/** Commits that are looked at for who changes what, and how messages are written. */
const MOST_COMMITS = 2_000

/** Maps repositories of this machine; the index is the one that localisation keeps under the home's cache. */
export function createMapCommit(home: string): MapCommit {
  const open = createCodeReader()
  return async ({ repository, at }) => {
    const code = await open(repository, at)
    try {
      const folder = createHash('sha256').update(code.repository).digest('hex').slice(0, 32)
      const store = createSegmentFolder(join(home, 'cache', 'code', folder))
      const [index, past, shallow] = await Promise.all([
        indexCommit(code, store),
        code.past(MOST_COMMITS),
        code.isShallow(),
      ])
      const read = (blob: string) => code.read(blob)
      const survey = await RepositorySurvey.make({ repository: code.repository, index, read, past, shallow })
      return await survey.maps()
    } finally {
      code.close()
    }
  }
}
