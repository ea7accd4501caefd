import type { Finding, Verdict } from '#domain/gate'
import type { Redactor } from '#ports'
import { addedLines, type AddedLine, type ChangedFile } from './changed-file.ts'
import type { ReadChange } from './change-check.ts'
import { verdictOf } from './verdict.ts'

/** Where a secret may span lines, at most so many lines are looked at together. */
const BLOCK_LINES = 400
/** So many bytes that were there before are looked at in all: they are not the change's doing, and 2 MB take a second. */
const MOST_KEPT = 600_000

/** Secrets in what a change adds: lines of text, bytes of binary files, and names. The value is never repeated. */
export async function checkSecrets({ files, redactor }: ReadChange): Promise<Verdict> {
  const findings: Finding[] = []
  let kept = 0
  for (const file of files) {
    if (file.change.new_mode === null) continue
    kept += file.before?.bytes.length ?? 0
    findings.push(
      ...(await inName(file, redactor)),
      ...(await inContent(file, redactor)),
      ...(kept > MOST_KEPT ? [] : await atBase(file, redactor)),
    )
  }
  return verdictOf('secrets', findings, 'no secret is added')
}

async function inName({ change }: ChangedFile, redactor: Redactor): Promise<readonly Finding[]> {
  if (change.kind !== 'added') return []
  const { count, kinds, text } = await redactor.redact(change.path)
  return count === 0 ? [] : [finding('secret.in_name', text, undefined, kinds)]
}

async function inContent(file: ChangedFile, redactor: Redactor): Promise<readonly Finding[]> {
  const { change, after, before } = file
  if (after === undefined) return []
  if (after.lines === undefined) {
    // Bytes that are the same as before were judged when they came.
    if (before !== undefined && Buffer.compare(before.bytes, after.bytes) === 0) return []
    const { count, kinds } = await redactor.redact(Buffer.from(after.bytes).toString('latin1'))
    return count === 0 ? [] : [finding('secret.in_binary', change.path, undefined, kinds)]
  }
  const found: Finding[] = []
  for (const block of blocks(addedLines(file))) found.push(...(await inBlock(change.path, block, redactor)))
  return found
}

/** Secrets in lines that a changed file keeps: a person should know of them, and they are not this change's doing. */
async function atBase(file: ChangedFile, redactor: Redactor): Promise<readonly Finding[]> {
  const { change, before, after } = file
  if (before?.lines === undefined || after?.lines === undefined) return []
  const added = new Set(addedLines(file).map(({ line }) => line))
  const { count, kinds } = await redactor.redact(after.lines.filter((_, at) => !added.has(at + 1)).join('\n'))
  if (count === 0) return []
  const message = `${change.path} has a secret that was there before this change (${kinds.join(', ')}); have it revoked if it is real`
  return [{ rule: 'secret.at_base', path: change.path, message, severity: 'warning' }]
}

async function inBlock(path: string, block: readonly AddedLine[], redactor: Redactor): Promise<readonly Finding[]> {
  const whole = await redactor.redact(block.map((line) => line.text).join('\n'))
  if (whole.count === 0) return []
  const found: Finding[] = []
  for (const { line, text } of block) {
    const { count, kinds } = await redactor.redact(text)
    if (count > 0) found.push(finding('secret.in_diff', path, line, kinds))
  }
  const alone = new Set(found.flatMap((entry) => entry.message))
  // What spans lines, such as a private key, is named at the first line of its block.
  const spanning = whole.kinds.filter((kind) => ![...alone].some((message) => message.includes(kind)))
  return spanning.length === 0 ? found : [...found, finding('secret.in_diff', path, startOf(block, spanning), spanning)]
}

function startOf(block: readonly AddedLine[], kinds: readonly string[]): number | undefined {
  const marked = kinds.includes('private_key') ? block.find((line) => line.text.includes('PRIVATE KEY')) : undefined
  return (marked ?? block[0])?.line
}

/** Runs of neighbouring added lines; long ones overlap, so that nothing is lost between two. */
function blocks(lines: readonly AddedLine[]): readonly (readonly AddedLine[])[] {
  const runs: AddedLine[][] = []
  for (const line of lines) {
    const last = runs.at(-1)
    const previous = last?.at(-1)
    if (last !== undefined && previous !== undefined && line.line - previous.line <= 3 && last.length < BLOCK_LINES)
      last.push(line)
    else runs.push(last !== undefined && last.length >= BLOCK_LINES ? [...last.slice(-60), line] : [line])
  }
  return runs
}

function finding(rule: string, path: string, line: number | undefined, kinds: readonly string[]): Finding {
  return {
    rule,
    path,
    ...(line === undefined ? {} : { line }),
    message: `a secret is added (${kinds.join(', ')}); take it out and have it revoked if it is real`,
    severity: 'error',
  }
}
