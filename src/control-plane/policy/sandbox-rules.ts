import { isIP } from 'node:net'
import type { JsonObject } from '#domain/json'
import { ISOLATION_CLASSES, isAtLeast, type IsolationClass } from '#domain/sandbox'
import { PRIVATE_HOSTS, SANDBOX_FLOOR } from './action-rules.ts'
import type { Match } from './match.ts'

/** Whether the sandbox that this machine can make is as strong as profile and trust want it. */
export function sandboxRules(facts: JsonObject): readonly Match[] {
  const isolation = classOf(facts['isolation'])
  const required = classOf(facts['required_isolation'])
  if (isolation === undefined || required === undefined)
    return [deny('sandbox.unknown_class', 'The isolation class of the sandbox is not known.')]
  const floor = Object.entries(SANDBOX_FLOOR).find(([trust]) => trust === facts['trust'])?.[1].isolation ?? 'own_kernel'
  const missing = named(facts['missing_controls'])
  const empty = named(facts['empty_resources'])
  const tooWeak = [required, floor].find((wanted) => !isAtLeast(isolation, wanted))
  return [
    { policy: 'platform', rule: 'sandbox.holds', effect: 'allow', why: 'the sandbox holds what is required' },
    ...(tooWeak === undefined
      ? []
      : [
          deny(
            'sandbox.isolation',
            `The sandbox is ${isolation}, and ${tooWeak} is required; use a driver of that class.`,
          ),
        ]),
    ...(missing.length === 0
      ? []
      : [
          deny('sandbox.controls', `The sandbox lacks ${missing.join(', ')}; \`gander doctor\` tells how to get them.`),
        ]),
    ...(empty.length === 0
      ? []
      : [deny('sandbox.no_resources', `The profile gives 0 for ${empty.join(', ')}, and 0 means none.`)]),
  ]
}

/** Whether a refused host may be opened: a public name may be asked for, anything else is closed to every run. */
export function egressRules(facts: JsonObject): readonly Match[] {
  const host = typeof facts['host'] === 'string' ? facts['host'].toLowerCase() : ''
  if (facts['rule'] !== 'egress.host')
    return [deny('egress.address', `${host} leads to an address that no run may reach.`)]
  if (!isPublicName(host))
    return [
      deny('egress.private', `${host} is no public host name; addresses, this machine and private names are closed.`),
    ]
  if (facts['may_ask'] !== true)
    return [deny('egress.closed', `The run's sandbox profile opens no host on request; name ${host} in its allowlist.`)]
  return [
    {
      policy: 'platform',
      rule: 'egress.public_host',
      effect: 'ask',
      why: `${host} is a public host; a person decides`,
    },
  ]
}

/** A name on the public internet by its looks: letters of the host grammar, a top-level domain, port 443. */
function isPublicName(host: string): boolean {
  const name = host.replace(/:443$/, '').replace(/\.$/, '')
  if (name.length > 253 || isIP(name) !== 0 || /^[\d.]+$|^0x|[:[\]]/.test(name)) return false
  if (!/^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]{2,59})$/.test(name)) return false
  return !PRIVATE_HOSTS.some((ending) => name === ending || name.endsWith(`.${ending}`))
}

const classOf = (value: unknown): IsolationClass | undefined => ISOLATION_CLASSES.find((known) => known === value)

/** Names in a list; what is no list of names names itself, so that it is never taken for an empty one. */
function named(value: unknown): readonly string[] {
  if (!Array.isArray(value) || value.some((item) => typeof item !== 'string')) return ['what is not known']
  return value.filter((item) => typeof item === 'string')
}

const deny = (rule: string, why: string): Match => ({ policy: 'platform', rule, effect: 'deny', why })
