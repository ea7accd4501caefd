import type { CodeSlice, TokenCounter } from '#execution-plane/context'
import { localise, readIssue } from '#execution-plane/localisation'
import { repositoryContextPacket } from '#execution-plane/repository-intelligence'
import type { RankedFile, RepositoryContextPacket } from '#ports'
import { reasonOf, type CodeShelf, type CommitSource, type IndexedCode, type MappedCode } from './code-shelf.ts'
import { mapOfNames } from './map-text.ts'
import { packSlices, SHARES } from './pack-slices.ts'

/** What is asked of a commit. */
export interface CodeQuestion {
  /** Title in the first line, then the rest, as it was written. */
  readonly issue: string
  /** Tokens of all slices together, as `counter` counts them. */
  readonly room: number
  readonly counter: TokenCounter
  /** Resolves when nobody waits any longer; rejects with the signal. */
  readonly patience: (signal: AbortSignal) => Promise<void>
}

/** What is known of a commit in view of a task. */
export interface CodeView {
  /** Best first. */
  readonly likely: readonly RankedFile[]
  /** In the order of the files they are of. */
  readonly slices: readonly CodeSlice[]
  /** The maps on one page. */
  readonly map: string
  /** Null where there are no maps. */
  readonly packet: RepositoryContextPacket | null
  /** Why less is known than could be, a sentence each; empty otherwise. */
  readonly notes: readonly string[]
}

/** Files that are told as likely. */
const MOST_LIKELY = 10

/**
 * Finds what of a commit a task is about. It never throws for what could not be read, made, or made in time: the answer
 * is then thinner, and says why.
 */
export async function viewCode(shelf: CodeShelf, source: CommitSource, question: CodeQuestion): Promise<CodeView> {
  const known = shelf.open(source)
  const patience = oncePatient(question.patience)
  try {
    const code = await patience.wait(known.indexed)
    if (!code.ok) return byNames(source, await named(source, question), indexNote(code))
    const mapped = await patience.wait(known.mapped)
    return await byIndex(source, question, { code: code.value, mapped })
  } finally {
    patience.end()
  }
}

type Waited<Value> = { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly why: string | null }

/** One wait for all that is waited for; what comes later is not lost, only not waited for. */
function oncePatient(patience: CodeQuestion['patience']) {
  const stop = new AbortController()
  const late = patience(stop.signal).then(
    () => LATE,
    () => LATE,
  )
  return {
    wait: <Value>(wanted: Promise<Value>): Promise<Waited<Value>> =>
      Promise.race([
        wanted.then(
          (value): Waited<Value> => ({ ok: true, value }),
          (error: unknown): Waited<Value> => ({ ok: false, why: reasonOf(error) }),
        ),
        late,
      ]),
    end: () => stop.abort(),
  }
}

const LATE = { ok: false, why: null } as const

const indexNote = ({ why }: { readonly why: string | null }): string =>
  why === null
    ? 'The index of this repository was not ready in time, so that files are told by their names alone; it goes on being made, and the next run finds it.'
    : `The index of this repository could not be made, so that files are told by their names alone: ${why}.`

interface Known {
  readonly code: IndexedCode
  readonly mapped: Waited<MappedCode>
}

async function byIndex(source: CommitSource, question: CodeQuestion, { code, mapped }: Known): Promise<CodeView> {
  const { index, past, no_past } = code
  const { issue, room, counter } = question
  const ranked = localise({ index, commit: source.commit, issue, past, top: SHARES.files })
  const slices = await packSlices({ index, ranked, read: source.read, counter, room })
  const likely = ranked.slice(0, MOST_LIKELY)
  const packet = mapped.ok ? await repositoryContextPacket(mapped.value.survey, likely) : null
  const { terms, paths } = readIssue(issue)
  const notes = [
    ...(terms.size === 0 && paths.length === 0 ? ['The task names nothing that could be looked for.'] : []),
    ...(index.files.some(({ facts }) => facts !== undefined) ? [] : ['The commit holds no text to look into.']),
    ...(no_past === undefined ? [] : [`Past changes told nothing of the likely files: ${no_past}.`]),
    ...(mapped.ok ? [] : [`The maps are not there: ${mapped.why ?? 'they were not ready in time'}.`]),
  ]
  return { likely, slices, map: mapped.ok ? mapped.value.page : mapOfNames(source.list), packet, notes }
}

const byNames = (source: CommitSource, slices: readonly CodeSlice[], note: string): CodeView => ({
  likely: slices.map(({ path, reasons }) => ({ path, reasons, score: 0, functions: [] })),
  slices,
  map: mapOfNames(source.list),
  packet: null,
  notes: [note],
})

const MOST_NAMED = 8
const LINES_OF_NAMED = 120

/** The beginnings of files whose paths the task names. */
async function named({ list, read }: CommitSource, { issue }: CodeQuestion): Promise<readonly CodeSlice[]> {
  const wanted = readIssue(issue).paths.map((path) => path.replace(/^\.?\//, ''))
  const files = list.filter(
    ({ path, mode }) => mode.startsWith('100') && wanted.some((name) => path === name || path.endsWith(`/${name}`)),
  )
  const found = await Promise.all(
    files.slice(0, MOST_NAMED).map(async ({ path, blob }): Promise<readonly CodeSlice[]> => {
      const bytes = await read(blob).catch(() => undefined)
      if (bytes === undefined || bytes.includes(0)) return []
      const lines = new TextDecoder().decode(bytes).split('\n').slice(0, LINES_OF_NAMED)
      const text = lines.join('\n')
      return [{ path, blob, line_range: `1-${lines.length}`, text, reasons: ['the task names its path'] }]
    }),
  )
  return found.flat()
}
