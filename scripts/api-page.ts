import { contract } from '#api/contract'
import { PERMISSIONS, ROLES } from '#domain/identity'

interface Route {
  readonly method: string
  readonly path: string
  readonly summary: string
  readonly description: string
  readonly tag: string
}

/** The routes of the contract by their subject, and what each role opens, as Markdown. */
export function apiPage(): readonly string[] {
  const routes = Object.values(contract).flatMap((group) => Object.values(group).flatMap(routeOf))
  const tags = [...new Set(routes.map(({ tag }) => tag))]
  return [
    'The contract itself is `/openapi.json` of a server, its events `/asyncapi.json`; both are made from the same source.',
    ...tags.flatMap((tag) => [`## ${tag}`, tableOf(routes.filter((route) => route.tag === tag))]),
    '## What each role opens',
    [
      `| permission | ${ROLES.map((role) => role.replaceAll('_', ' ')).join(' | ')} |`,
      `|---|${ROLES.map(() => ':-:').join('|')}|`,
      ...Object.entries(PERMISSIONS).map(
        ([name, roles]) => `| \`${name}\` | ${ROLES.map((role) => (isIn(role, roles) ? '✓' : '')).join(' | ')} |`,
      ),
    ].join('\n'),
  ]
}

const isIn = (role: string, roles: readonly string[]): boolean => roles.includes(role)

const tableOf = (routes: readonly Route[]): string =>
  [
    '| route | what it does |',
    '|---|---|',
    ...routes.map(
      ({ method, path, summary, description }) =>
        `| \`${method} ${path}\` | ${summary}${description === '' ? '' : `. ${description}`} |`,
    ),
  ].join('\n')

function routeOf(procedure: { readonly '~orpc': { readonly route: object } }): readonly Route[] {
  const { method, path, summary, description, tags } = procedure['~orpc'].route as Readonly<Record<string, unknown>>
  if (typeof method !== 'string' || typeof path !== 'string') return []
  const tag = Array.isArray(tags) ? String(tags[0]) : 'other'
  return [{ method, path, tag, summary: textOf(summary), description: textOf(description) }]
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value.replaceAll(/\s+/g, ' ').trim() : '')
