import { redactionEvents, type EventDraft } from '#domain/event'
import type { Json } from '#domain/json'
import type { RunCommand } from '#domain/run'
import type { Redactor, RunStore, RunWrite, StepOutcome } from '#ports'

/**
 * The same store, whose events hold no secret: what a person, a tool or a model said is cut before it is hashed, because
 * a ledger forgets nothing. Rooms cut their own texts; this is the net below them, and it tells what it caught.
 */
export function recordRedacted(store: RunStore, redactor: Redactor): RunStore {
  return {
    ...store,
    submit: async (submission) =>
      store.submit({ ...submission, events: await cleanEvents(submission.events, redactor) }),
    write: async (run, lease, write) => store.write(run, lease, await cleanWrite(write, redactor)),
    command: async (run, command, events = [], version) =>
      store.command(run, await cleanCommand(command, redactor), await cleanEvents(events, redactor), version),
    extendBudget: async (run, added, by) => store.extendBudget(run, added, (await redactor.redact(by)).text),
    finishStep: async (...[run, lease, n, outcome, write]) => {
      const clean = await cleanOutcome(outcome, redactor)
      return store.finishStep(run, lease, n, clean, write && (await cleanWrite(write, redactor)))
    },
  }
}

const cleanOutcome = async (outcome: StepOutcome<Json>, redactor: Redactor): Promise<StepOutcome<Json>> =>
  outcome.events === undefined ? outcome : { ...outcome, events: await cleanEvents(outcome.events, redactor) }

async function cleanWrite(write: RunWrite, redactor: Redactor): Promise<RunWrite> {
  const { command, events } = write
  return {
    ...write,
    ...(command !== undefined && { command: await cleanCommand(command, redactor) }),
    ...(events !== undefined && { events: await cleanEvents(events, redactor) }),
  }
}

/** One look at all of it, and one at each text only where that found something: nearly everything holds none. */
async function cleanEvents(drafts: readonly EventDraft[], redactor: Redactor): Promise<readonly EventDraft[]> {
  if (drafts.length === 0) return drafts
  const cut = await redactor.redact(JSON.stringify(drafts))
  if (cut.count === 0) return drafts
  const clean = (await eachText(drafts, async (text) => (await redactor.redact(text)).text)) as readonly EventDraft[]
  return [...clean, ...redactionEvents('audit event', cut)]
}

/** What people and programs say in a command; everything else of it is identifiers and hashes. */
const WORDS = new Set(['by', 'person', 'reason', 'explanation', 'summary', 'what', 'why', 'next', 'message'])

async function cleanCommand(command: RunCommand, redactor: Redactor): Promise<RunCommand> {
  if ((await redactor.redact(JSON.stringify(command))).count === 0) return command
  const cut = async (text: string, name: string) => (WORDS.has(name) ? (await redactor.redact(text)).text : text)
  return (await eachText(command, cut)) as RunCommand
}

type CutText = (text: string, name: string) => Promise<string>

async function eachText(value: unknown, cut: CutText, named = ''): Promise<unknown> {
  if (typeof value === 'string') return cut(value, named)
  if (Array.isArray(value)) return Promise.all(value.map((item) => eachText(item, cut, named)))
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).map(
    async ([name, member]) => [name, await eachText(member, cut, name)] as const,
  )
  return Object.fromEntries(await Promise.all(members))
}
