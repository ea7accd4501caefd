import { repeated, spread, timed, type Figure } from './figures.ts'
import { bareOverlay, bareRequest, bareSandbox } from './floors.ts'
import { call, plan } from '../test/support/lab/play.ts'
import type { Script, ScriptedReply, SeenRequest } from '../test/support/scripted-model/index.ts'
import type { BareDatabase } from './database.ts'
import type { Size, World } from './world.ts'

const BLOCKED = call('report_blocked', { reason: 'The measurement is over.', needs: 'Nothing.' })

/** What the runs left for other benchmarks to look at. */
export interface MeasuredRuns {
  readonly figures: readonly Figure[]
  readonly first_requests: readonly SeenRequest[]
}

/** Time from the queue to the first request of a model, warm worker, cached commit. */
export async function measureFirstRequest(world: World, database: BareDatabase, size: Size): Promise<MeasuredRuns> {
  const first_requests: SeenRequest[] = []
  const samples: number[] = []
  const floor: number[] = []
  const url = `${world.model.url('anthropic')}/messages`
  // The first two start the gateway, prove the sandbox and fill the caches. Run and floor take turns, so that both see
  // the same machine.
  for (let index = -2; index < size.runs; index++) {
    const first = await firstRequest(world)
    const bare = await timed(async () => {
      await bareOverlay(world.repository)
      await database.insert()
      await bareRequest(url, first.request.body)
    })
    if (index < 0) continue
    samples.push(first.waited_ms)
    floor.push(bare)
    first_requests.push(first.request)
  }
  const measured = spread(samples)
  const figure: Figure = {
    benchmark: 'first_request',
    what: 'queued to first model request',
    unit: 'ms',
    ...measured,
    floor: { what: 'overlay + commit + request', p50: spread(floor).p50 },
    goal: { text: 'p50 <= 60 ms, p95 <= 120 ms', met: measured.p50 <= 60 && measured.p95 <= 120 },
  }
  return { figures: [figure], first_requests }
}

async function firstRequest(world: World) {
  const { run } = await world.submit(() => BLOCKED)
  const seen = world.model.requests.length
  const queued = performance.now()
  await world.platform.work(run.id)
  const request = world.model.requests[seen]
  if (request === undefined) throw new Error(`run ${run.id} never asked its model`)
  return { request, waited_ms: request.arrived_at - queued }
}

const TOOLS = ['shell_exec true', 'file_read', 'file_write']
/** Runs the triples are spread over; between them the floor is measured. */
const RUNS = 4

/** Time between the answer of one model request and the arrival of the next, by what the answer asked for. */
export async function measureSteps(world: World, size: Size): Promise<readonly Figure[]> {
  const samples: readonly number[][] = TOOLS.map(() => [])
  const bare: number[] = []
  const triples = Math.ceil(size.triples / RUNS)
  for (let run = 0; run < RUNS; run++) {
    const times = await stepTimes(world, triples)
    times.forEach((taken, index) => samples[index % TOOLS.length]?.push(taken))
    bare.push(...(await repeated(triples, bareSandbox)))
  }
  const floor = { what: 'bwrap true', p50: spread(bare).p50 }
  return TOOLS.map((what, place) => {
    const measured = spread(samples[place] ?? [])
    const goal = { text: 'p50 <= 12 ms, p95 <= 20 ms', met: measured.p50 <= 12 && measured.p95 <= 20 }
    return { benchmark: 'step', what, unit: 'ms', ...measured, floor, goal }
  })
}

/** Times of the steps of one run, in order; the first triple is not counted. */
async function stepTimes(world: World, triples: number): Promise<readonly number[]> {
  const cycle = (index: number): readonly ScriptedReply[] => [
    call('shell_exec', { argv: ['true'] }),
    call('file_read', { path: 'stores/area_3/shelf_3.py' }),
    call('file_write', { path: 'stores/summary.py', content: `def summary(lines):\n    return ${index}\n` }),
  ]
  const replies = Array.from({ length: triples + 1 }, (_, index) => cycle(index)).flat()
  const script: Script = ({ phase, messages }) => {
    if (phase === 'planning') return plan('stores/summary.py')
    return replies[messages.filter((message) => message.role === 'assistant').length - 1] ?? BLOCKED
  }
  const { run } = await world.submit(script)
  const from = world.model.requests.length
  await world.platform.work(run.id)
  const requests = world.model.requests.slice(from).filter(({ turn }) => turn.phase !== 'planning')
  if (requests.length !== replies.length + 1)
    throw new Error(`the run made ${requests.length} of ${replies.length + 1} requests`)
  const times = requests.slice(1).map((request, index) => request.arrived_at - (requests[index]?.answered_at ?? 0))
  return times.slice(TOOLS.length)
}

/** Bytes of what every first request of a run carries, whatever the task. */
export function measurePrompt(first_requests: readonly SeenRequest[]): readonly Figure[] {
  const fixed = first_requests.map(({ body }) => {
    const { system, tools } = JSON.parse(body) as { readonly system: unknown; readonly tools: unknown }
    return JSON.stringify({ system, tools })
  })
  const bytes = Buffer.byteLength(fixed[0] ?? '')
  const same = new Set(fixed).size === 1
  const text = 'at most 5,000 bytes, the same in every run'
  const goal = { text, met: bytes > 0 && bytes <= 5_000 && same }
  const samples = fixed.length
  return [{ benchmark: 'prompt', what: 'system and tools, first request', unit: 'bytes', p50: bytes, samples, goal }]
}
