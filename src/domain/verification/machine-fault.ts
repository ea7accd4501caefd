import type { PhaseReport, VerificationReport } from './report.ts'

/** What a machine says that has no room, no memory or no processes left; the words are those of libc and the kernel. */
const MACHINE =
  /No space left on device|\bENOSPC\b|Disk quota exceeded|\bEDQUOT\b|Cannot allocate memory|\bENOMEM\b|Resource temporarily unavailable|Too many open files in system|Read-only file system|Input\/output error/i

/** What name resolution and routing say where there is no way out. */
const NETWORK =
  /\bgetaddrinfo\b|\bEAI_AGAIN\b|\bENOTFOUND\b|Temporary failure in name resolution|Name or service not known|\bENETUNREACH\b|Network is unreachable|Could not resolve host|UnknownHostException|: no such host\b/i

/** What in a text a machine says that ran out of something; undefined where nothing does. */
export const exhaustedWords = (said: string): string | undefined => MACHINE.exec(said)?.[0]

/** What in a text was said for want of a network; undefined where nothing was. */
export const networkWords = (said: string): string | undefined => NETWORK.exec(said)?.[0]

/**
 * What the machine did to a phase; undefined where nothing shows that. A program can print these words as well: then
 * its tests are not proved, which is never better for a change than failing.
 */
export function machineFault(phase: Ended): string | undefined {
  const { diagnosis } = phase
  if (phase.outcome === 'passed' || diagnosis === undefined) return undefined
  const said = exhaustedWords(`${diagnosis.excerpt}\n${diagnosis.root_causes.map(({ message }) => message).join('\n')}`)
  if (said !== undefined) return `the machine or its sandbox ran out of something: ${said}`
  return isKilled(phase) ? 'its sandbox was killed from outside' : undefined
}

/** What is said of how a command ended. */
type Ended = Pick<PhaseReport, 'diagnosis' | 'outcome' | 'exit_code' | 'signal'>

/** True for a phase whose command was killed, and by no limit; what crashes by itself ends by another signal. */
export const isKilled = ({ diagnosis, outcome, exit_code, signal }: Ended): boolean =>
  outcome === 'failed' &&
  exit_code === null &&
  (signal === undefined || signal === 'SIGKILL') &&
  diagnosis?.classification === 'crash'

/** What the machine did to a report, by its first phase that tells; undefined where it holds. */
export function spoiltBy({ phases }: Pick<VerificationReport, 'phases'>): string | undefined {
  for (const phase of phases) {
    const fault = machineFault(phase)
    if (fault !== undefined) return `${phase.id}: ${fault}`
  }
  return undefined
}

/** True for a phase that a limit ended: the tree's doing where it does so each time, the machine's where it does not. */
export const endedByLimit = ({ diagnosis }: Pick<PhaseReport, 'diagnosis'>): boolean =>
  diagnosis?.classification === 'timeout' || diagnosis?.classification === 'out_of_memory'
