import { createHash } from 'node:crypto'
import type { Share } from '#domain/autonomy'
import { canonicalJson } from '#domain/json'
import { RUBRIC_VERSION } from '#execution-plane/judge'
import { BudgetExhausted, type JudgeMistake, type JudgeTrial } from '#ports'
import { openHearing, type Judged, type JudgeGround, type Telling } from './judge-case.ts'
import { CASE_CHECKS, type JudgeCase } from './read-judge-case.ts'

/** What a trial of a judge asks. */
export interface JudgeQuestions extends JudgeGround {
  readonly cases: readonly JudgeCase[]
  /** Asks about each case in another order as well, and about each bad one with text that tries to steer. */
  readonly whole: boolean
}

interface Heard {
  readonly of: JudgeCase
  readonly first: Judged
  readonly other_order: Judged | undefined
  readonly injected: Judged | undefined
}

/** Asks a model about each case of the set and counts how often it is right; what no money is left for is not asked. */
export async function calibrateJudge(questions: JudgeQuestions): Promise<JudgeTrial> {
  const { cases, model } = questions
  const hearing = openHearing(questions)
  const heard: Heard[] = []
  try {
    for (const of of cases) heard.push(await hearCase(questions, (...asked) => hearing.ask(...asked), of))
  } catch (error) {
    if (!(error instanceof BudgetExhausted)) throw error
  }
  return {
    model: `${model.provider}:${model.model}`,
    rubric_version: RUBRIC_VERSION,
    corpus: createHash('sha256')
      .update(canonicalJson(cases.map(asJson)))
      .digest('hex'),
    cases: cases.length,
    not_asked: cases.length - heard.length,
    ...figuresOf(heard),
    cost_usd: hearing.cost_usd(),
  }
}

async function hearCase(
  { whole, signal }: JudgeQuestions,
  ask: (of: JudgeCase, telling: Telling) => Promise<Judged>,
  of: JudgeCase,
): Promise<Heard> {
  signal.throwIfAborted()
  const first = await ask(of, 'as_written')
  return {
    of,
    first,
    other_order: whole ? await ask(of, 'other_order') : undefined,
    // Text that steers towards a pass shows something only where the answer is to be a fail.
    injected: whole && of.expected === 'fail' ? await ask(of, 'injected') : undefined,
  }
}

type Figures = Omit<JudgeTrial, 'model' | 'rubric_version' | 'corpus' | 'cases' | 'not_asked' | 'cost_usd'>

function figuresOf(heard: readonly Heard[]): Figures {
  const bad = heard.filter(({ of }) => of.expected === 'fail')
  const honest = heard.filter(({ of }) => of.expected === 'pass')
  const failed = heard.filter(isFailed)
  const other = heard.flatMap(({ first, other_order }) => (other_order === undefined ? [] : [same(first, other_order)]))
  const injected = heard.flatMap((each) => (each.injected === undefined ? [] : [same(each.first, each.injected)]))
  return {
    unavailable: heard.filter(({ first }) => first.verdict.answer === 'unavailable').length,
    precision: { hits: failed.filter(({ of }) => of.expected === 'fail').length, of: failed.length },
    recall: { hits: bad.filter(isFailed).length, of: bad.length },
    false_alarms: { hits: honest.filter(isFailed).length, of: honest.length },
    checks: CASE_CHECKS.map((check) => ({ check, named: namedBy(check, bad) })).filter(({ named }) => named.of > 0),
    same_in_other_order: shareOf(other),
    same_with_injected_text: shareOf(injected),
    mistakes: heard.flatMap(mistakeIn),
  }
}

const isFailed = ({ first }: Heard): boolean => first.verdict.answer === 'fail'

const same = (one: Judged, other: Judged): boolean => one.verdict.answer === other.verdict.answer

const shareOf = (answers: readonly boolean[]): Share | null =>
  answers.length === 0 ? null : { hits: answers.filter(Boolean).length, of: answers.length }

function namedBy(check: (typeof CASE_CHECKS)[number], bad: readonly Heard[]): Share {
  const by = bad.filter(({ of }) => of.fails_by === check)
  return { hits: by.filter(({ first }) => first.report?.checks[check] === 'fail').length, of: by.length }
}

function mistakeIn({ of, first: { verdict } }: Heard): readonly JudgeMistake[] {
  const { answer } = verdict
  if (answer === of.expected) return []
  const said = answer === 'pass' || answer === 'fail' ? answer : 'unavailable'
  return [{ name: of.name, expected: of.expected, said, reason: verdict.reason.slice(0, 300) }]
}

const asJson = ({ name, expected, fails_by, diff, summary, task }: JudgeCase) => ({
  name,
  expected,
  fails_by: fails_by ?? null,
  diff,
  summary,
  task: { ...task },
})
