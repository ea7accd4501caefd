import type { JsonObject } from '#domain/json'
import { CLOSED_BRANCHES } from './action-rules.ts'
import { readGlob } from './glob.ts'
import type { Match } from './match.ts'

const CLOSED = CLOSED_BRANCHES.map(readGlob)
// What git itself calls a valid name, and nothing it would read as an option, a revision or a full reference.
const NAME = /^(?!refs\/|-)(?!.*(?:\.\.|\/\/|@\{|\.lock(?:\/|$)|\/\.|\.$|\/$))[A-Za-z0-9._/-]{1,200}$/

/** Which rules a push matches: a branch of its own, never the default one. */
export function pushRules(facts: JsonObject): readonly Match[] {
  const { branch, default_branch: target } = facts
  if (typeof branch !== 'string' || !NAME.test(branch) || typeof target !== 'string')
    return [deny('branch.name', 'The branch has no name that can be pushed.')]
  const same = branch.toLowerCase() === target.toLowerCase()
  if (same || CLOSED.some((glob) => glob.covers(branch.toLowerCase())))
    return [
      deny('branch.default', `${branch} is a branch that people merge into; a run pushes only to one of its own.`),
    ]
  return [{ policy: 'platform', rule: 'branch.own', effect: 'allow', why: `${branch} is the run's own branch` }]
}

/** Which rules a pull request matches: a draft, and from a branch of its own where the branch is known by then. */
export function pullRequestRules(facts: JsonObject): readonly Match[] {
  if (facts['draft'] !== true) return [deny('pull_request.draft', 'A run opens draft pull requests only.')]
  const isKnown = facts['branch'] !== undefined || facts['default_branch'] !== undefined
  const draft: Match = { policy: 'platform', rule: 'pull_request.draft', effect: 'allow', why: 'it is a draft' }
  return isKnown ? [draft, ...pushRules(facts)] : [draft]
}

const deny = (rule: string, why: string): Match => ({ policy: 'platform', rule, effect: 'deny', why })
