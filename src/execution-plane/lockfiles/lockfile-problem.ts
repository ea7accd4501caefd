/** Why a lockfile is not installed from; each is a refusal, none a warning. */
const LOCKFILE_REMEDIES = {
  'lockfile.unreadable': 'Write it anew with its own tool, and commit it.',
  'lockfile.integrity': 'Write the lockfile anew with its own tool, so that every package has a hash of its contents.',
  'lockfile.source':
    'Setups read packages from registries only: publish the package to one, or keep its files in the repository.',
  'lockfile.address':
    'Take the package from a registry by https, without user, password, address literal or other port.',
  'lockfile.archive': 'Restore the lockfile from a commit you trust, and look at who changed this entry.',
  'lockfile.replaced': 'Leave the hash as it is, or change the version with it; a published version never changes.',
} as const

export type LockfileRule = keyof typeof LOCKFILE_REMEDIES

/** One entry that is refused, with its place and what a person can do. */
export interface LockfileProblem {
  readonly rule: LockfileRule
  readonly path: string
  /** 1-based. */
  readonly line: number
  /** What is wrong, naming the package. */
  readonly message: string
  readonly remedy: string
}

/** Makes a problem with the remedy of its rule. */
export const problem = (
  rule: LockfileRule,
  at: { readonly path: string; readonly line: number },
  message: string,
): LockfileProblem => ({ rule, path: at.path, line: at.line, message, remedy: LOCKFILE_REMEDIES[rule] })

/** The first few problems as one text for a person: place, what is wrong, and each remedy once. */
export function problemText(problems: readonly LockfileProblem[]): string {
  const shown = problems.slice(0, 5).map(({ path, line, message, rule }) => `${path}:${line}: ${message} (${rule})`)
  const more = problems.length > shown.length ? [`and ${problems.length - shown.length} more`] : []
  return (
    [...shown, ...more].join('; ') + `. ${[...new Set(problems.slice(0, 5).map(({ remedy }) => remedy))].join(' ')}`
  )
}
