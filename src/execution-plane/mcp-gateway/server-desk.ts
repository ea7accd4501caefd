import type { Clock, ForeignServerError } from '#ports'
import type { McpServerConfiguration } from './configuration.ts'
import type { DeclaredTool } from './declare-foreign.ts'
import { createServerLine, type LineParts, type ServerLine } from './server-line.ts'

/** Failures in a row after which a server is left alone for the rest of the run. */
const MAX_FAILURES = 3
const CALLS_PER_MINUTE = 60

/** Why a server is not spoken with. */
interface Barred {
  readonly rule: 'mcp.quarantined' | 'mcp.closed'
  readonly message: string
}

/** One server over one run: its process, its failures and its calls. */
export interface ServerDesk extends Pick<ServerLine, 'reach' | 'offered' | 'notices' | 'close'> {
  readonly server: McpServerConfiguration
  readonly tools: readonly DeclaredTool[]
  /** Why no call is made any more; undefined while calls are. */
  barred(): Barred | undefined
  bar(barred: Barred): void
  /** Counts the call, or says why it is one too many. */
  admit(): string | undefined
  /** Tells how a call went; the failures in a row decide whether there is another. */
  went(failure: ForeignServerError | undefined): Promise<void>
}

interface DeskParts extends LineParts {
  readonly tools: readonly DeclaredTool[]
  readonly clock: Clock
}

/** Makes the desk of a server whose tools are declared. */
export function createServerDesk(parts: DeskParts): ServerDesk {
  const { server, tools, clock } = parts
  const line = createServerLine(parts)
  const calls: number[] = []
  let barred: Barred | undefined
  let failures = 0
  const bar = (why: Barred): void => {
    barred ??= why
  }
  return {
    server,
    tools,
    reach: () => line.reach(),
    offered: (opened) => line.offered(opened),
    notices: () => line.notices(),
    close: () => line.close(),
    barred: () => barred,
    bar,
    admit: () => {
      const now = clock.now()
      if (calls.length >= server.max_calls) return `This run has made its ${server.max_calls} calls of ${server.id}.`
      if (calls.filter((time) => now - time < 60_000).length >= CALLS_PER_MINUTE)
        return `More than ${CALLS_PER_MINUTE} calls of ${server.id} in a minute. Go on with something else first.`
      calls.push(now)
      return undefined
    },
    went: async (failure) => {
      failures = failure === undefined ? 0 : failures + 1
      if (failure === undefined) return
      // Whether it hangs or babbles: what it still has to say belongs to no later call.
      await line.drop()
      if (failures >= MAX_FAILURES || line.usedUp())
        bar({ rule: 'mcp.closed', message: `${server.id} failed too often and is closed for this run.` })
    },
  }
}
