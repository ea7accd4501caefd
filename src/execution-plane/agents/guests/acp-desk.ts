import {
  RequestError,
  type RequestPermissionRequest,
  type RequestPermissionResponse,
  type WriteTextFileRequest,
  type WriteTextFileResponse,
} from '@agentclientprotocol/sdk'
import type { Json } from '#domain/json'
import type { AgentSession, WantedLeave } from '#ports'
import { object, text } from './guest-cli.ts'

/** Answers what one guest asks for in one turn. */
export interface AcpDesk {
  readonly session: AgentSession
  /** Unique for each start, so that what an earlier start asked for is never taken for this one's. */
  readonly key_prefix: string
  /** Told when a person would have to agree; the turn ends then. */
  readonly needLeave: (wanted: WantedLeave) => void
  calls: number
}

type Wish = { readonly name: 'shell_exec' | 'file_write' | 'file_read' | `acp_${string}`; readonly arguments: Json }

/** Policy decides as if the platform were to do it; leave is only ever given once. */
export async function answerPermission(
  desk: AcpDesk,
  { toolCall, options }: RequestPermissionRequest,
): Promise<RequestPermissionResponse> {
  const wishes = wishesOf(toolCall)
  let allowed = wishes.length > 0
  const open: WantedLeave[] = []
  for (const wish of wishes) allowed = (await mayDo(desk, wish, open)) && allowed
  const [wanted] = open
  if (wanted !== undefined) desk.needLeave({ ...wanted, subject: subjectsOf(open, wanted.action) })
  const kind = allowed ? 'allow_once' : 'reject_once'
  const option = options.find((each) => each.kind === kind)
  if (option === undefined) return { outcome: { outcome: 'cancelled' } }
  return { outcome: { outcome: 'selected', optionId: option.optionId } }
}

/** What is asked for with one act; another act is asked for once this one was answered. */
const subjectsOf = (open: readonly WantedLeave[], act: string): readonly string[] =>
  [...new Set(open.filter(({ action }) => action === act).flatMap(({ subject }) => subject))].toSorted()

/** Asks for leave; what a person would have to agree to is added to `open`. */
async function mayDo(desk: AcpDesk, wish: Wish, open: WantedLeave[]): Promise<boolean> {
  const id = `leave_${desk.calls}`
  const { phase } = desk.session
  const { answer, wanted } = await desk.session.tools.leave({ id, ...wish }, { phase, key: nextKey(desk) })
  if (answer === 'ask' && wanted !== undefined) open.push(wanted)
  return answer === 'allow'
}

/** Each of them is a turn of its own to whoever counts the calls of one answer. */
const nextKey = (desk: AcpDesk): string => `within:${desk.key_prefix}:leave${desk.calls++}:0`

/** What a request for leave comes to in our tools; what none of them is, is asked for by its own name and refused. */
function wishesOf({ kind, rawInput, locations, title }: RequestPermissionRequest['toolCall']): readonly Wish[] {
  const input = object((rawInput ?? null) as Json)
  const paths = [...(locations ?? []).map(({ path }) => path), text(input['filePath']), text(input['path'])]
  const inside = [...new Set(paths.filter((path) => path !== '').map(withinWorkspace))]
  if (kind === 'execute')
    return [{ name: 'shell_exec', arguments: { argv: ['sh', '-c', text(input['command']) || (title ?? '')] } }]
  if (kind === 'edit' || kind === 'delete' || kind === 'move')
    return inside.map((path) => ({ name: 'file_write', arguments: { path, content: '' } }))
  if (kind === 'read' || kind === 'search') return inside.map((path) => ({ name: 'file_read', arguments: { path } }))
  return [{ name: `acp_${kind ?? 'other'}`, arguments: { title: title ?? '' } }]
}

const withinWorkspace = (path: string): string => path.replace(/^\/workspace\//, '')

/** Writes through the tool gateway: path guard, policy and record as for any agent. */
export async function writeFile(
  desk: AcpDesk,
  { path, content }: WriteTextFileRequest,
): Promise<WriteTextFileResponse> {
  const { phase } = desk.session
  const wish = { name: 'file_write', arguments: { path: withinWorkspace(path), content } } as const
  const request = { id: `write_${desk.calls}`, ...wish }
  const { answer, control } = await desk.session.tools.call(request, { phase, key: nextKey(desk) })
  if (!answer.is_error) return {}
  if (control?.kind === 'needs_leave') desk.needLeave(control.wanted)
  throw RequestError.invalidParams(undefined, answer.text)
}
