import { createHash } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { isForeign, isTest } from '#execution-plane/code-index'
import { languageOf } from '#syntax'
import { git, readInstances, type Instance } from './instances.ts'

/**
 * Issues made of history, for languages and projects nobody has labelled: a commit that mends something and says at
 * length what was wrong is taken for the report, the sources it changed for the answer, its parent for the base. Prints
 * the instances as JSON. The same clones give the same instances, however much is pushed after `UNTIL`.
 *
 * What it is biased towards: whoever wrote the message had read the fix, so it names the code more often than a reporter
 * would, has no stack trace of a user's machine and no template, and projects that write long messages speak loudest.
 */
const { values } = parseArgs({
  options: {
    clones: { type: 'string' },
    except: { type: 'string' },
    each: { type: 'string', default: '5' },
  },
})
const { clones, except } = values
if (clones === undefined)
  throw new Error('It takes --clones FOLDER (owner+name/repo below it); --except FILE leaves out its repositories.')

const UNTIL = '2026-01-01T00:00:00Z'
const LETTERS_AT_LEAST = 150
const LONGEST_MESSAGE = 8_000
const MOST_GOLD = 4
/** What a subject says that mends something; and what says it of something else. */
const MENDS =
  /\b(fix|bug|crash|panic|regress|incorrect|wrong|broken|leak|fail|error|handle|avoid|prevent|don'?t|never|ensure|hang|race|deadlock|respect|honou?r|support|allow|correct|should|missing|ignore)/i
const NO_FIX =
  /^(docs?|chore|ci|tests?|build|style|release|revert|bump|merge|typo|changelog|deps?|lint|refactor)\b|\b(typo|bump|dependabot|changelog|README|comment)\b|^v?\d+\.\d+/i
const TRAILER =
  /^(?:signed-off-by|co-authored-by|reviewed-by|acked-by|tested-by|reported-by|pr-url|change-id|refs?|see also|closes|fixes|resolves|see|backports?|\(?cherry picked)\b.{0,120}$|^\s*https?:\/\/\S+\s*$|^-{3,}\s*$/i

interface Commit {
  readonly id: string
  readonly parent: string
  readonly message: string
  readonly changes: readonly (readonly [status: string, path: string])[]
}

async function commitsOf(repository: string): Promise<readonly Commit[]> {
  const format = '--format=%x01%H%x00%P%x00%B%x00'
  const log = await git(
    repository,
    `log|--no-merges|--until=${UNTIL}|--no-renames|--name-status|-z|${format}`.split('|'),
  )
  return log.split('\u0001').flatMap((entry) => {
    const [id = '', parents = '', message = '', ...rest] = entry.split('\0')
    const parts = rest.map((part) => part.trim()).filter((part) => part !== '')
    const changes: [string, string][] = []
    for (let at = 0; at + 1 < parts.length; at += 2) changes.push([parts[at] ?? '', parts[at + 1] ?? ''])
    return parents === '' || parents.includes(' ') ? [] : [{ id, parent: parents, message, changes }]
  })
}

const isSource = (path: string): boolean => languageOf(path) !== undefined && !isTest(path) && !isForeign(path)

/** The report that a message is; undefined where it is none. */
function reportIn(message: string): string | undefined {
  const [subject = '', ...body] = message.split('\n')
  if (!MENDS.test(subject) || NO_FIX.test(subject) || message.length > LONGEST_MESSAGE) return undefined
  const lines = body.filter((line) => !TRAILER.test(line.trim()))
  const said = lines.filter((line) => line.trim() !== '')
  const listed = said.filter((line) => /^\s*[*-] /.test(line)).length
  const letters = said.join(' ').replaceAll(/[^\p{L}]/gu, '').length
  if (letters < LETTERS_AT_LEAST || listed * 2 > said.length) return undefined
  const title = subject.replace(/\s*\(?#\d+\)?\s*$/, '').trim()
  return `${title}\n\n${lines.join('\n').trim()}\n`
}

function instanceOf(repo: string, { id, parent, message, changes }: Commit): Instance | undefined {
  const sources = changes.filter(([, path]) => isSource(path))
  if (sources.length === 0 || sources.length > MOST_GOLD || sources.some(([status]) => status !== 'M')) return undefined
  const report = reportIn(message)
  const gold_files = sources.map(([, path]) => path)
  const named = (path: string): boolean => report?.includes(path.slice(path.lastIndexOf('/') + 1)) === true
  if (report === undefined || gold_files.some(named)) return undefined
  const instance_id = `${repo.replace('/', '__')}-${id.slice(0, 12)}`
  return { instance_id, repo, base_commit: parent, fix_commit: id, problem_statement: report, gold_files }
}

/** So many of each, chosen by a digest: neither the newest nor the longest. */
const chosen = (instances: readonly Instance[], count: number): readonly Instance[] =>
  instances
    .map((instance) => ({ instance, lot: createHash('sha256').update(instance.instance_id).digest('hex') }))
    .sort((a, b) => (a.lot < b.lot ? -1 : 1))
    .slice(0, count)
    .map(({ instance }) => instance)

const left_out = new Set((except === undefined ? [] : await readInstances(except)).map(({ repo }) => repo))
const made: Instance[] = []
for (const folder of (await readdir(clones)).sort()) {
  const repo = folder.replace('+', '/')
  if (!folder.includes('+') || left_out.has(repo)) continue
  const commits = await commitsOf(join(clones, folder, 'repo')).catch(() => [])
  const found = commits.flatMap((commit) => instanceOf(repo, commit) ?? [])
  const taken = chosen(found, Number(values.each))
  process.stderr.write(`${repo}: ${taken.length} of ${found.length} in ${commits.length} commits\n`)
  made.push(...taken)
}
console.log(JSON.stringify(made, null, 1))
