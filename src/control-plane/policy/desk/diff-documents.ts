import {
  SILENT_DOCUMENT,
  type ApprovalRule,
  type NameRule,
  type PathRule,
  type PolicyDocument,
  type VerificationRule,
} from '#domain/policy'
import { RUN_MODES } from '#domain/task'
import type { PolicyDifference } from '#ports'
import { figures } from '../levels/widening-problems.ts'

/** What another set of documents makes stricter or looser; the same rule under another name is no difference. */
export function diffDocuments(
  before: readonly PolicyDocument[],
  after: readonly PolicyDocument[],
): readonly PolicyDifference[] {
  const named = [...new Set([...before, ...after].map(({ name }) => name))]
  return named.flatMap((name) => {
    const known = before.find((each) => each.name === name) ?? after.find((each) => each.name === name)
    if (known === undefined) return []
    const silent = { ...SILENT_DOCUMENT, level: known.level, name }
    const one = before.find((each) => each.name === name) ?? silent
    const other = after.find((each) => each.name === name) ?? silent
    return diffDocument(one, other).map((difference) => ({ ...difference, policy: name }))
  })
}

type Difference = Omit<PolicyDifference, 'policy'>

function diffDocument(one: PolicyDocument, other: PolicyDocument): readonly Difference[] {
  return [
    ...rankDifference('max_mode', rank(one.max_mode), rank(other.max_mode), `${one.max_mode} → ${other.max_mode}`),
    ...figureDifferences(one, other),
    ...egressDifferences(one, other),
    ...setDifferences('required_verifiers', one.required_verifiers, other.required_verifiers),
    ...setDifferences('sensitive_domains', one.sensitive_domains, other.sensitive_domains),
    ...setDifferences('paths', one.paths.map(saidOfPaths), other.paths.map(saidOfPaths)),
    ...(['actions', 'tools', 'commands', 'capabilities', 'change_classes'] as const).flatMap((field) =>
      setDifferences(field, one[field].flatMap(saidOfNames), other[field].flatMap(saidOfNames)),
    ),
    ...setDifferences(
      'verification',
      (one.verification ?? []).map(saidOfVerification),
      (other.verification ?? []).map(saidOfVerification),
    ),
    ...setDifferences('approvals', one.approvals.map(saidOfApproval), other.approvals.map(saidOfApproval)),
    ...cedarDifferences(one.cedar ?? '', other.cedar ?? ''),
    ...(listed(one.applies_to) === listed(other.applies_to)
      ? []
      : [
          {
            direction: 'changed' as const,
            said: `applies_to: ${listed(one.applies_to)} → ${listed(other.applies_to)}`,
          },
        ]),
  ]
}

const wordOf = (effect: 'ask' | 'deny'): string => (effect === 'deny' ? 'denied' : 'asked')
const listed = (texts: readonly string[]): string => [...texts].sort().join(', ') || 'all'
const saidOfPaths = ({ effect, paths, except }: PathRule): string =>
  `${wordOf(effect)}: ${listed(paths)}${except.length === 0 ? '' : ` except ${listed(except)}`}`
const saidOfNames = ({ effect, names }: NameRule): readonly string[] =>
  names.map((name) => `${wordOf(effect)}: ${name}`)
const saidOfApproval = ({ kinds, quorum, paths, change_classes, actions, domains }: ApprovalRule): string =>
  `${quorum} × ${listed(kinds)} for ${listed([...paths, ...change_classes, ...actions, ...domains])}`

const saidOfVerification = ({ paths = [], task_classes = [], repositories = [], plan }: VerificationRule): string =>
  `${Object.entries(plan)
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(', ')} for ${listed([...paths, ...task_classes, ...repositories])}`

/** What is there only afterwards closes something, and what is there only before opened. */
function setDifferences(field: string, one: readonly string[], other: readonly string[]): readonly Difference[] {
  return [
    ...other
      .filter((said) => !one.includes(said))
      .map((said) => ({ direction: 'stricter' as const, said: `${field} + ${said}` })),
    ...one
      .filter((said) => !other.includes(said))
      .map((said) => ({ direction: 'looser' as const, said: `${field} - ${said}` })),
  ]
}

/** Absent means not capped, which is above every figure. */
function rankDifference(_field: string, one: number, other: number, said: string): readonly Difference[] {
  if (one === other) return []
  return [
    { direction: other < one ? 'stricter' : 'looser', said: `${_field}: ${said.replaceAll('null', 'not capped')}` },
  ]
}

const rank = (mode: PolicyDocument['max_mode']): number => (mode === null ? Infinity : RUN_MODES.indexOf(mode))

function figureDifferences(one: PolicyDocument, other: PolicyDocument): readonly Difference[] {
  const [before, after] = [figures(one), figures(other)]
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((name) => {
    const [was, is] = [before.get(name), after.get(name)]
    const said = `${was ?? 'not capped'} → ${is ?? 'not capped'}`
    return rankDifference(name, was ?? Infinity, is ?? Infinity, said)
  })
}

function egressDifferences({ egress: one }: PolicyDocument, { egress: other }: PolicyDocument): readonly Difference[] {
  const capped = (one.allowed_hosts === null ? 0 : 1) - (other.allowed_hosts === null ? 0 : 1)
  const hosts =
    capped === 0
      ? // A host more among those that are allowed opens something.
        setDifferences('egress.allowed_hosts', other.allowed_hosts ?? [], one.allowed_hosts ?? []).map(
          ({ direction, said }) => ({
            direction,
            said: said.replace(/ ([+-]) /, (_, sign) => (sign === '+' ? ' - ' : ' + ')),
          }),
        )
      : [
          {
            direction: capped < 0 ? ('stricter' as const) : ('looser' as const),
            said: `egress.allowed_hosts: ${capped < 0 ? `only ${other.allowed_hosts?.join(', ') || 'none'}` : 'not capped'}`,
          },
        ]
  return [
    ...hosts,
    ...setDifferences('egress.denied_hosts', one.denied_hosts, other.denied_hosts),
    ...rankDifference('egress.ask', one.ask ? 1 : 0, other.ask ? 1 : 0, `${one.ask} → ${other.ask}`),
  ]
}

/** Policies by their ids; what one with other words means, only a person can tell. */
function cedarDifferences(one: string, other: string): readonly Difference[] {
  const [before, after] = [policiesOf(one), policiesOf(other)]
  const changed = [...after].filter(([id, text]) => before.has(id) && before.get(id) !== text)
  return [
    ...setDifferences('cedar', [...before.keys()], [...after.keys()]),
    ...changed.map(([id]) => ({ direction: 'changed' as const, said: `cedar ${id} has other words` })),
  ]
}

const policiesOf = (text: string): ReadonlyMap<string, string> =>
  new Map(
    text.split(/(?=@id\(")/).flatMap((part) => {
      const id = /^@id\("([^"]+)"\)/.exec(part)?.[1]
      return id === undefined ? [] : [[id, part.replaceAll(/\s+/g, ' ').trim()] as const]
    }),
  )
