import type { ProfilePhase } from './report.ts'

const LONGEST = 200

/** A phase's command as people read it, in one line. */
export function shownCommand({ shown, argv }: Pick<ProfilePhase, 'shown' | 'argv'>): string {
  const line = (shown ?? argv.join(' ')).replaceAll(/\s+/g, ' ').trim()
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line
}
