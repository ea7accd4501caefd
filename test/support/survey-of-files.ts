import { createHash } from 'node:crypto'
import { indexCommit } from '#execution-plane/code-index'
import { RepositorySurvey } from '#execution-plane/repository-intelligence'
import type { PastCommit } from '#ports'

/** Content by path; null is a symbolic link. */
export type FilesOfCommit = Readonly<Record<string, string | Uint8Array | null>>

/** Surveys a commit that exists in memory alone: real index, real grammars, no repository. */
export async function surveyOf(
  files: FilesOfCommit,
  past: readonly PastCommit[] = [],
  shallow = false,
): Promise<RepositorySurvey> {
  const contents = new Map<string, Uint8Array>()
  const list = Object.keys(files)
    .sort()
    .map((path) => {
      const content = files[path]
      const bytes = Buffer.from(content ?? 'elsewhere')
      const blob = createHash('sha1').update(path).update(bytes).digest('hex')
      contents.set(blob, bytes)
      return { path, mode: content === null ? '120000' : '100644', blob, bytes: bytes.length }
    })
  const read = async (blob: string) => contents.get(blob)
  const commit = createHash('sha1').update(JSON.stringify(list)).digest('hex')
  const index = await indexCommit({ commit, list, read }, undefined)
  return RepositorySurvey.make({ repository: 'acme/example', index, read, past, shallow })
}
