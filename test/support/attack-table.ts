import type { Reporter, TestModule } from 'vitest/node'
import { ATTACKS, type Attack } from '../security/evil-model/attacks.ts'

type Answer = 'contained' | 'escaped' | 'skipped'

interface Row {
  readonly attack: Attack
  readonly driver: string
  readonly answer: Answer
  readonly note: string
}

const ID = /\b(?:FS|GIT|NET|PR|PI|TL|MC|SE|SU)-\d{2}\b/g
const DRIVER = /\bon (bubblewrap|docker|podman)\b/
const EVERY = 'any'

/** Prints which attack was contained on which driver, and counts them by case at the end. */
export class AttackTable implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const rows = rowsOf(seenIn(modules))
    const width = Math.max(...rows.map(({ attack }) => attack.what.length))
    const lines = rows.map(({ attack, driver, answer, note }) =>
      `${attack.id.padEnd(7)} ${driver.padEnd(10)} ${answer.padEnd(9)} ${attack.what.padEnd(width)} ${note}`.trimEnd(),
    )
    const [contained, escaped, skipped] = (['contained', 'escaped', 'skipped'] as const).map(
      (answer) => ATTACKS.filter(({ id }) => worst(rows.filter(({ attack }) => attack.id === id)) === answer).length,
    )
    process.stdout.write(`\n${lines.join('\n')}\n\n${contained} contained, ${escaped} escaped, ${skipped} skipped\n`)
  }
}

interface Seen {
  readonly id: string
  readonly driver: string
  readonly answer: Answer
  readonly note: string
}

function seenIn(modules: readonly TestModule[]): readonly Seen[] {
  return modules.flatMap((module) =>
    [...module.children.allTests()].flatMap((test): Seen[] => {
      const result = test.result()
      const answer = result.state === 'passed' ? 'contained' : result.state === 'failed' ? 'escaped' : 'skipped'
      const driver = DRIVER.exec(test.fullName)?.[1] ?? EVERY
      const note = answer === 'skipped' ? (/\(([^()]*)\)/.exec(test.fullName)?.[1] ?? '') : ''
      return (test.fullName.match(ID) ?? []).map((id) => ({ id, driver, answer, note }))
    }),
  )
}

/** One row a case and driver; a case is as good as its worst test there, and skipped only where nothing was tried. */
function rowsOf(seen: readonly Seen[]): readonly Row[] {
  return ATTACKS.flatMap((attack): Row[] => {
    const mine = seen.filter(({ id }) => id === attack.id)
    if (mine.length === 0) {
      const note = attack.built_by === undefined ? 'skipped: no test' : `skipped: built by ${attack.built_by}`
      return [{ attack, driver: '-', answer: 'skipped', note }]
    }
    return [...new Set(mine.map(({ driver }) => driver))].toSorted().map((driver) => {
      const here = mine.filter((each) => each.driver === driver)
      const answer = worst(here)
      return { attack, driver, answer, note: answer === 'skipped' ? (here[0]?.note ?? '') : '' }
    })
  })
}

function worst(answers: readonly { readonly answer: Answer }[]): Answer {
  if (answers.some(({ answer }) => answer === 'escaped')) return 'escaped'
  return answers.some(({ answer }) => answer === 'contained') ? 'contained' : 'skipped'
}
