import { describe, expect, test } from 'vitest'
import { createPublisher } from '#control-plane/pull-requests'
import { EVENT_FIELDS } from '#domain/event'
import { GanderError } from '#domain/failure'
import { mayDo, PERMISSIONS, type Permission, type Principal } from '#domain/identity'
import { LOCAL_TENANT } from '#domain/ids'
import { PHASE_TOOLS, TOOL_NAMES } from '#domain/tool'
import { createToolGateway } from '#execution-plane/tool-gateway'
import type { EvidencePacket } from '#domain/packet'
import type { Forge, PullRequest, Redactor, RunRepository } from '#ports'

const ABOUT_SWITCHES = /switch|kill|resume|scheduler|lease|budget_set|\bstop\b/i

describe('KI-06 an agent and the kill switch', () => {
  test('KI-06 no tool of any phase is about switches, by name, by argument or by description', () => {
    expect(TOOL_NAMES.filter((name) => ABOUT_SWITCHES.test(name))).toEqual([])
    const gateway = createToolGateway({} as Parameters<typeof createToolGateway>[0])
    const tools = gateway.bind({ task: { agent: { kind: 'native' } } } as Parameters<typeof gateway.bind>[0])
    for (const phase of Object.keys(PHASE_TOOLS) as (keyof typeof PHASE_TOOLS)[]) {
      const told = JSON.stringify(tools.declarations(phase))
      expect(told).not.toMatch(/kill.switch|no_new_runs|cancel_running_runs|\/switches/i)
    }
  })

  test('KI-06 neither a run nor a worker may read or move a switch, and an operator may', () => {
    const acts = Object.keys(PERMISSIONS).filter((act) =>
      /^(switch|lease|scheduler|budget)\./.test(act),
    ) as Permission[]
    expect(acts.length).toBeGreaterThan(5)
    const principal = (kind: Principal['kind'], grants: Principal['grants']): Principal => ({
      tenant_id: LOCAL_TENANT,
      id: 'prn_1',
      kind,
      name: kind,
      grants,
      scopes: null,
    })
    for (const kind of ['run', 'worker'] as const)
      expect(acts.filter((act) => mayDo(principal(kind, []), act))).toEqual([])
    const operator = principal('person', [{ role: 'operator', repository: null }])
    expect([mayDo(operator, 'switch.stop'), mayDo(operator, 'switch.resume')]).toEqual([true, false])
  })

  test('KI-06 a move of a switch is told in no event of a run', () => {
    expect(EVENT_FIELDS.kill_switch_thrown).not.toContain('run_id')
  })
})

/** A forge in memory that counts what reaches it. */
function countingForge() {
  const made: string[] = []
  const forge: Forge = {
    name: 'counting',
    pushAddress: async () => '/srv/remote',
    findPullRequest: async () => undefined,
    openPullRequest: async ({ title }) => {
      made.push(title)
      return { number: 1, url: 'u', head_commit: 'c' } as PullRequest
    },
    listPullRequests: async () => [],
  }
  const pushed: string[] = []
  const repository = {
    source: { repository: '/srv/repo', base_branch: 'main', commit: 'b' },
    push: async (commit: string) => void pushed.push(commit),
  } as unknown as RunRepository
  const redactor = {
    redact: async (text: string) => ({ text, count: 0, by_kind: {}, confirmed: false }),
  } as unknown as Redactor
  return { made, pushed, repository, publisher: createPublisher({ forgeOf: () => forge, redactor }) }
}

describe('KI-01 in the middle of a publication', () => {
  const plan = { branch: 'gander/task', commit: 'c', title: 'Cap the delay', idempotency_key: 'k' }
  const packet = { task: {}, verdicts: [], reports: [] } as unknown as EvidencePacket

  test('KI-01 a stop between the push and the pull request leaves no pull request', async () => {
    const { made, pushed, repository, publisher } = countingForge()
    let asked = 0
    const leave = async () => {
      asked += 1
      if (asked > 1) throw new GanderError('stopped', 'Not now.')
    }
    const publication = { plan, mode: 'draft_pr', repository, packet, packet_sha256: 'p', leave } as const
    await expect(publisher.publish(publication)).rejects.toThrow()
    expect([pushed, made]).toEqual([['c'], []])
  })

  test.each(['draft_pr', 'local_branch'] as const)('KI-01 a stop before it lets %s push nothing', async (mode) => {
    const { made, pushed, repository, publisher } = countingForge()
    const leave = () => Promise.reject(new GanderError('stopped', 'Not now.'))
    const publication = { plan, mode, repository, packet, packet_sha256: 'p', leave }
    await expect(publisher.publish(publication)).rejects.toMatchObject({ code: 'stopped' })
    expect([pushed, made]).toEqual([[], []])
  })

  test('KI-01 without a stop a branch is pushed', async () => {
    const { pushed, repository, publisher } = countingForge()
    await publisher.publish({ plan, mode: 'local_branch', repository, packet, packet_sha256: 'p' })
    expect(pushed).toEqual(['c'])
  })
})
