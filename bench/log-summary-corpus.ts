/** Reads the annotated logs of LogChunks (Brandt, Panichella, Zaidman, Beller: LogChunks, MSR 2020; CC BY 4.0). */
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'

/** One log and the lines that people marked as saying why the build failed. */
export interface AnnotatedLog {
  readonly repository: string
  readonly path: string
  readonly text: string
  /** The marked text as it stands in the annotation. */
  readonly chunk: string
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' }
const plain = (xml: string): string =>
  xml.replaceAll(/&(?:#(\d+)|#x([0-9a-f]+)|(lt|gt|quot|apos|amp));/gi, (_, decimal, hexadecimal, name) =>
    name === undefined
      ? String.fromCodePoint(decimal === undefined ? Number.parseInt(hexadecimal, 16) : Number(decimal))
      : (ENTITIES[name] ?? ''),
  )

/** All annotated logs below a folder that has `build-failure-reason` and `logs`, by repository. */
export async function readCorpus(root: string): Promise<readonly AnnotatedLog[]> {
  const reasons = path.join(root, 'build-failure-reason')
  const files = (await readdir(reasons, { recursive: true })).filter((name) => name.endsWith('.xml')).sort()
  const logs: AnnotatedLog[] = []
  for (const file of files) {
    const xml = await readFile(path.join(reasons, file), 'utf8')
    for (const [, example = ''] of xml.matchAll(/<Example>([\s\S]*?)<\/Example>/g)) {
      const log = /<Log>([\s\S]*?)<\/Log>/.exec(example)?.[1]?.trim() ?? ''
      const chunk = plain(/<Chunk>([\s\S]*?)<\/Chunk>/.exec(example)?.[1] ?? '')
      const text = await readFile(path.join(root, 'logs', log), 'utf8').catch(() => undefined)
      if (text !== undefined) logs.push({ repository: path.basename(file, '.xml'), path: log, text, chunk })
    }
  }
  return logs
}

/** Codes of a terminal; of those that lost their escape byte only what no text looks like, for `[wait]` is a word. */
const CODES = new RegExp(String.raw`\u001B\[[0-9;?]*[A-Za-z]|\[[0-9;?]+[A-Za-z]|\[[mK]`, 'g')

/** Letters and digits of a line: the annotations lost escape bytes, angle brackets and some blanks. */
export const keyOf = (line: string): string => line.replaceAll(CODES, '').replaceAll(/[^\p{L}\p{N}]/gu, '')

/** The distinct marked lines that stand in the log. */
export function goldOf(log: AnnotatedLog, present: ReadonlySet<string>): ReadonlySet<string> {
  const keys = log.chunk.split('\n').map((line) => keyOf(line))
  return new Set(keys.filter((key) => key !== '' && present.has(key)))
}

/** The same; without a folder, or with a wrong one, the command ends and says where the logs are to be had. */
export async function readCorpusOrExplain(root: string | undefined): Promise<readonly AnnotatedLog[]> {
  if (root !== undefined) {
    const logs = await readCorpus(root).catch(() => [])
    if (logs.length > 0) return logs
  }
  console.error(
    [
      root === undefined ? 'No folder with annotated logs was named.' : `There are no annotated logs in ${root}.`,
      'They are the data set LogChunks (CC BY 4.0), https://doi.org/10.5281/zenodo.3632351: unpack it, and name the folder',
      'that holds build-failure-reason/ and logs/.',
    ].join('\n'),
  )
  return process.exit(2)
}
