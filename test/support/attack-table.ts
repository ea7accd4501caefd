import type { Reporter, TestModule } from 'vitest/node'
import { ATTACKS, type Attack } from '../security/evil-model/attacks.ts'

type Answer = 'contained' | 'escaped' | 'skipped'

/** What one test says about one case. */
interface Seen {
  readonly id: string
  readonly driver: string
  readonly answer: Answer
  /** Why it was skipped; empty otherwise. */
  readonly note: string
}

interface Row {
  readonly attack: Attack
  readonly driver: string
  readonly answer: Answer
  readonly note: string
}

/** Identifiers of cases as they stand in titles. */
export const CASE_ID = /\b(?:FS|GIT|NET|PR|PI|TL|MC|SE|SU|PO|AU|TE|TI|AP|KI)-\d{2}\b/g
const DRIVER = /\bon (bubblewrap|docker|podman)\b/
const EVERY = 'any'

/** Prints which attack was contained on which driver, and counts them by case at the end. */
export class AttackTable implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    process.stdout.write(`\n${attackTable(seenIn(modules), ATTACKS).join('\n')}\n`)
  }
}

function seenIn(modules: readonly TestModule[]): readonly Seen[] {
  return modules.flatMap((module) =>
    [...module.children.allTests()].flatMap((test): readonly Seen[] => seenOf(test.fullName, test.result().state)),
  )
}

/** What the title and the end of one test say; a test that did not end is no containment. */
export function seenOf(title: string, state: 'passed' | 'failed' | 'skipped' | 'pending'): readonly Seen[] {
  const answer = state === 'passed' ? 'contained' : state === 'skipped' ? 'skipped' : 'escaped'
  const driver = DRIVER.exec(title)?.[1] ?? EVERY
  const note = answer === 'skipped' ? (/\(([^()]*)\)/.exec(title)?.[1] ?? '') : ''
  return [...new Set(title.match(CASE_ID))].map((id) => ({ id, driver, answer, note }))
}

/** The lines of the table and the closing line; a case is as good as its worst test on any driver. */
export function attackTable(seen: readonly Seen[], attacks: readonly Attack[]): readonly string[] {
  const rows = attacks.flatMap((attack) => rowsOf(attack, seen))
  const width = Math.max(...rows.map(({ attack }) => attack.what.length))
  const lines = rows.map(({ attack, driver, answer, note }) =>
    `${attack.id.padEnd(7)} ${driver.padEnd(10)} ${answer.padEnd(9)} ${attack.what.padEnd(width)} ${note}`.trimEnd(),
  )
  const [contained, escaped, skipped] = (['contained', 'escaped', 'skipped'] as const).map(
    (answer) => attacks.filter(({ id }) => worst(rows.filter(({ attack }) => attack.id === id)) === answer).length,
  )
  return [...lines, '', `${contained} contained, ${escaped} escaped, ${skipped} skipped`]
}

/** One row a driver; skipped only where nothing was tried there. */
function rowsOf(attack: Attack, seen: readonly Seen[]): readonly Row[] {
  const mine = seen.filter(({ id }) => id === attack.id)
  if (mine.length === 0) {
    const note = attack.built_by === undefined ? 'skipped: no test was run' : `skipped: built by ${attack.built_by}`
    return [{ attack, driver: '-', answer: 'skipped', note }]
  }
  return [...new Set(mine.map(({ driver }) => driver))].toSorted().map((driver) => {
    const here = mine.filter((each) => each.driver === driver)
    const answer = worst(here)
    const open = attack.owed === undefined ? '' : `owed: ${attack.owed}`
    return { attack, driver, answer, note: answer === 'skipped' ? (here[0]?.note ?? '') : open }
  })
}

function worst(answers: readonly { readonly answer: Answer }[]): Answer {
  if (answers.some(({ answer }) => answer === 'escaped')) return 'escaped'
  return answers.some(({ answer }) => answer === 'contained') ? 'contained' : 'skipped'
}
