import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { createCodeReader } from '#adapters/git'
import { createEmbedder, type EmbedderAddress } from '#adapters/models'
import { createSegmentFolder, indexCommit, type CodeIndex } from '#execution-plane/code-index'
import { ASKED_BY_MEANING, createVectorFolder, localise, rankByMeaning, readIssue } from '#execution-plane/localisation'
import type { CodeAtCommit, LocaliseIssue, RankedFile, Redactor } from '#ports'

/** Commits that are asked as witnesses. More of them say nothing new and cost a second. */
const MOST_COMMITS = 4_000

/** What localisation is made of. */
interface Ground {
  readonly home: string
  /** Names the embedding model, if any: `GANDER_EMBEDDINGS_URL`, `_MODEL` and `_KEY`. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly redactor: Redactor
}

/** Localises issues in repositories of this machine; the index is kept under the home's cache, by repository. */
export function createLocaliseIssue(ground: Ground): LocaliseIssue {
  const open = createCodeReader()
  const address = embedderIn(ground.env)
  return async ({ repository, at, issue, top }) => {
    const code = await open(repository, at)
    try {
      const folder = createHash('sha256').update(code.repository).digest('hex').slice(0, 32)
      const store = createSegmentFolder(join(ground.home, 'cache', 'code', folder))
      const [index, past] = await Promise.all([indexCommit(code, store), code.past(MOST_COMMITS)])
      const likely = localise({ index, commit: code.commit, issue, past, top: Math.max(top, ASKED_BY_MEANING) })
      const meant = await byMeaning(likely, { ground, address, issue, index, code })
      const files = meant.files.slice(0, top)
      const looked_into = index.files.filter(({ facts }) => facts !== undefined).length
      return {
        schema: 'gander.localisation/v1',
        repository: code.repository,
        commit: code.commit,
        files,
        notes: [...notesOf({ issue, looked_into, history: past.length, found: files.length }), ...meant.notes],
      }
    } finally {
      code.close()
    }
  }
}

function embedderIn(env: Ground['env']): EmbedderAddress | undefined {
  const [url, model] = [env['GANDER_EMBEDDINGS_URL'] ?? '', env['GANDER_EMBEDDINGS_MODEL'] ?? '']
  return url === '' && model === '' ? undefined : { url, model, key: env['GANDER_EMBEDDINGS_KEY'] || undefined }
}

interface Asked {
  readonly ground: Ground
  readonly address: EmbedderAddress | undefined
  readonly issue: string
  readonly index: CodeIndex
  readonly code: CodeAtCommit
}

/** The files as an embedding model orders them. It may help and is never needed: without its answer the order stays. */
async function byMeaning(
  files: readonly RankedFile[],
  { ground, address, issue, index, code }: Asked,
): Promise<{ readonly files: readonly RankedFile[]; readonly notes: readonly string[] }> {
  if (address === undefined || files.length === 0) return { files, notes: [] }
  const blobs = new Map(index.files.map(({ path, blob }) => [path, blob]))
  try {
    const ranked = await rankByMeaning(files, issue, {
      embedder: createEmbedder(address),
      vectors: createVectorFolder(join(ground.home, 'cache', 'vectors')),
      text: async (path) => {
        const bytes = await code.read(blobs.get(path) ?? '')
        return bytes === undefined ? undefined : new TextDecoder().decode(bytes)
      },
      redacted: async (text) => (await ground.redactor.redact(text)).text,
    })
    return { files: ranked, notes: [] }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return { files, notes: [`The embedding model gave no answer (${why}), so the order is the one without it.`] }
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
