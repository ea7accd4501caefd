import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { createCodeReader } from '#adapters/git'
import { createSegmentFolder, indexCommit } from '#execution-plane/code-index'
import { localise, readIssue } from '#execution-plane/localisation'
import type { LocaliseIssue } from '#ports'

/** Commits that are asked as witnesses. More of them say nothing new and cost a second. */
const MOST_COMMITS = 4_000

/** Localises issues in repositories of this machine; the index is kept under the home's cache, by repository. */
export function createLocaliseIssue(home: string): LocaliseIssue {
  const open = createCodeReader()
  return async ({ repository, at, issue, top }) => {
    const code = await open(repository, at)
    try {
      const folder = createHash('sha256').update(code.repository).digest('hex').slice(0, 32)
      const store = createSegmentFolder(join(home, 'cache', 'code', folder))
      const [index, past] = await Promise.all([indexCommit(code, store), code.past(MOST_COMMITS)])
      const files = localise({ index, commit: code.commit, issue, past, top })
      const looked_into = index.files.filter(({ facts }) => facts !== undefined).length
      return {
        schema: 'gander.localisation/v1',
        repository: code.repository,
        commit: code.commit,
        files,
        notes: notesOf({ issue, looked_into, history: past.length, found: files.length }),
      }
    } finally {
      code.close()
    }
  }
}

interface Known {
  readonly issue: string
  readonly looked_into: number
  readonly history: number
  readonly found: number
}

function notesOf(known: Known): readonly string[] {
  const { terms, paths } = readIssue(known.issue)
  const said = terms.size > 0 || paths.length > 0
  return [
    ...(said ? [] : ['The issue names nothing that could be looked for.']),
    ...(said && known.looked_into > 0 && known.found === 0
      ? ['Nothing the issue says stands in this commit. Name an identifier, a path or a message as the code writes it.']
      : []),
    ...(known.looked_into === 0 ? ['The commit holds no text that could be looked into.'] : []),
    ...(known.history <= 1 ? ['The clone has no history, so past changes tell nothing.'] : []),
  ]
}
