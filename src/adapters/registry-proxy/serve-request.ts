import type { IncomingMessage, ServerResponse } from 'node:http'
import type { EgressRule } from '#ports'
import type { Destination } from './dial.ts'
import type { DoorSettings } from './door-settings.ts'
import { forwardRequest } from './forward-request.ts'
import { judgeRequest } from './request-rules.ts'
import { openUpstreamAgents } from './upstream-agents.ts'

const REMEDY: { readonly [Rule in EgressRule]?: string } = {
  'egress.host': 'List the host in the verification profile, or approve it for this run.',
  'egress.budget': "Raise the setup's budget in the sandbox profile.",
}

/** What a person or an agent reads about a request that stayed here. */
export const refusalSentence = (rule: EgressRule, what: string, why: string): string =>
  `Gander did not let this out (${rule}): ${what}: ${why}. ${REMEDY[rule] ?? ''}`.trimEnd()

/** Says no to one request and counts it; cuts an answer that has begun. */
export const refuser =
  (ledger: DoorSettings['ledger'], answer: ServerResponse, to: string, what: string) =>
  (rule: EgressRule, why: string, host: string = to): void => {
    ledger.refuse({ rule, host, detail: what, why })
    if (answer.headersSent) {
      answer.destroy()
      return
    }
    const text = refusalSentence(rule, what, host === to ? why : `${why} (${host})`)
    const headers = { 'content-type': 'text/plain', 'x-gander-rule': rule, connection: 'close' }
    answer.writeHead(403, headers).end(`${text}\n`)
  }

/** Judges the requests of one door and brings the answers of those that may leave. */
export const openRequestService = (settings: DoorSettings) => {
  const { ledger } = settings
  const agents = openUpstreamAgents(settings)
  const outside = { settings, agents, granted: new Set<string>() }
  const serve = async (asked: IncomingMessage, answer: ServerResponse, to: Destination, target: string) => {
    const [path = ''] = target.split('?', 1)
    const method = asked.method ?? ''
    const no = refuser(ledger, answer, to.host, `${method} ${path}`)
    const judged = judgeRequest({ method, target, headers: asked.headers }, to, outside.granted)
    if (!judged.ok) {
      no(judged.refusal.rule, judged.refusal.why)
      return
    }
    const entered = await ledger.enter(`${to.host}:${to.port}${path}`)
    if (!entered.ok) {
      no('egress.budget', `this run has used up its ${entered.refusal}`)
      return
    }
    const leave = entered.value
    leave(
      answer.destroyed ? false : await forwardRequest(outside, { to, leaving: judged.value, answer, path, refuse: no }),
    )
  }
  return {
    serve: (asked: IncomingMessage, answer: ServerResponse, to: Destination, target: string): void => {
      serve(asked, answer, to, target).catch(() => answer.destroy())
    },
    close: () => agents.close(),
  }
}
