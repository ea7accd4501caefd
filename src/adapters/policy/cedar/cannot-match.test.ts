import { isAuthorized, policyToJson } from '@cedar-policy/cedar-wasm/nodejs'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import type { ForbidRequest } from '#ports'
import { compileCannotMatch } from './cannot-match.ts'
import { cedarFacts, cedarRequest } from './cedar-request.ts'

const texts = fc.constantFrom('src', 'a.ts', '.github', 'ts', 'fix', '', 'x*y', 'ä', '𝕏', 'src/a.ts')
const quoted = texts.map((text) => JSON.stringify(text.replace('*', '\\*')).replace('\\\\*', '\\*'))
const literal = texts.filter((text) => !text.includes('*')).map((text) => JSON.stringify(text))
const attribute = fc.constantFrom(
  'resource.path',
  'resource.name',
  'resource.extension',
  'principal.capability',
  'principal.tenant',
  'context.tool',
  'context.nothing',
)
const glob = fc.array(
  fc.oneof(
    fc.constant('*'),
    texts.filter((text) => !text.includes('*')),
  ),
  { maxLength: 4 },
)

const { condition } = fc.letrec<{ readonly condition: string }>((tie) => ({
  condition: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.tuple(attribute, fc.constantFrom('==', '!='), literal).map((parts) => parts.join(' ')),
    fc.tuple(attribute, glob).map(([of, parts]) => `${of} like ${JSON.stringify(parts.join(''))}`),
    fc.tuple(attribute, quoted).map(([of, text]) => `${of} like ${text}`),
    fc
      .tuple(fc.constantFrom('resource.components', 'context.change_classes'), literal)
      .map(([of, text]) => `${of}.contains(${text})`),
    literal.map((text) => `resource in Folder::${text}`),
    fc.constantFrom('true', 'false', '9223372036854775807 + 1 > 0', 'principal has capability', 'resource.name < 3'),
    tie('condition').map((inner) => `!(${inner})`),
    fc
      .tuple(tie('condition'), fc.constantFrom('&&', '||'), tie('condition'))
      .map(([one, op, other]) => `(${one}) ${op} (${other})`),
    fc
      .tuple(tie('condition'), tie('condition'), tie('condition'))
      .map(([a, b, c]) => `if (${a}) then (${b}) else (${c})`),
  ),
}))

const policy = fc
  .record({
    scope: fc.constantFrom('resource', 'resource in Folder::"src"', 'resource == Path::"src/a.ts"', 'resource is Path'),
    conditions: fc.array(fc.tuple(fc.constantFrom('when', 'unless'), condition), { maxLength: 2 }),
  })
  .map(
    ({ scope, conditions }) =>
      `forbid (principal, action, ${scope}) ${conditions.map(([kind, body]) => `${kind} { ${body} }`).join(' ')};`,
  )

const request: fc.Arbitrary<ForbidRequest> = fc.record({
  action: fc.constant('file.write'),
  principal: fc.record({
    run_id: fc.constant('run_1'),
    tenant: texts,
    repository: texts,
    capability: texts,
    mode: texts,
    trust: texts,
    requester: texts,
  }),
  resource: fc
    .array(fc.constantFrom('src', 'a.ts', '.github', 'x*y', 'ä', '𝕏'), { minLength: 1, maxLength: 3 })
    .map((components) => ({ kind: 'path' as const, components })),
  context: fc.record({
    state: texts,
    tool: texts,
    branch: texts,
    content_class: texts,
    change_classes: fc.array(texts, { maxLength: 2 }),
  }),
})

it('what is told not to match is never matched by the engine, and is no error of it; much is told so', () => {
  let told = 0
  let asked = 0
  fc.assert(
    fc.property(policy, request, (text, about) => {
      const parsed = policyToJson(text)
      if (parsed.type === 'failure') throw new Error(`${text}: ${parsed.errors[0]?.message}`)
      const facts = cedarFacts(about)
      if (facts === undefined) throw new Error('a text of the generator is not well formed')
      const cannot = compileCannotMatch(parsed.json)(facts)
      const answer = isAuthorized({
        ...cedarRequest(about),
        policies: { staticPolicies: { it: text, open: 'permit (principal, action, resource);' } },
      })
      if (answer.type === 'failure') throw new Error(answer.errors[0]?.message)
      const { decision, diagnostics } = answer.response
      const is_quiet = decision === 'allow' && diagnostics.errors.length === 0
      if (cannot) expect(is_quiet, text).toBe(true)
      if (is_quiet) asked += 1
      if (cannot) told += 1
    }),
    { numRuns: Number(process.env['GANDER_POLICY_PAIRS'] ?? 300) },
  )
  expect(told).toBeGreaterThan(asked / 3)
})
