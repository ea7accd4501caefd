import { LineCounter, parseDocument } from 'yaml'
import type { ProfilePhase, VerificationProfile } from '#domain/verification'
import { ok, refuse, type Result } from '#domain/result'
import { profileSchema, type PhaseDocument, type ProfileDocument } from './profile-schema.ts'
import { sealProfile } from './seal-profile.ts'

/** Why no profile came of it. */
export interface ProfileRefusal {
  readonly code: 'verifier_not_found' | 'verifier_invalid'
  readonly message: string
}

/** Reads a profile's YAML; the refusal names each wrong field with its line and what is allowed there. */
export function readProfile(source: string, origin: string): Result<VerificationProfile, ProfileRefusal> {
  const lines = new LineCounter()
  const document = parseDocument(source, { lineCounter: lines, maxAliasCount: 0 } as never)
  const invalid = (problems: readonly string[]) =>
    refuse<ProfileRefusal>({ code: 'verifier_invalid', message: `${origin}: ${problems.slice(0, 5).join('; ')}` })
  if (document.errors.length > 0)
    return invalid(document.errors.map((error) => `line ${error.linePos?.[0].line ?? 1}: ${firstLine(error.message)}`))
  let content: unknown
  try {
    content = document.toJS({ maxAliasCount: 20 })
  } catch (error) {
    return invalid([error instanceof Error ? firstLine(error.message) : String(error)])
  }
  const parsed = profileSchema.safeParse(content ?? {})
  if (!parsed.success)
    return invalid(
      parsed.error.issues.map(({ path, message }) => {
        const line = lineOf(document, path, lines)
        return `line ${line}: ${path.length === 0 ? 'the profile' : path.join('.')}: ${message}`
      }),
    )
  const twice = duplicate([...(parsed.data.setup ?? []), ...parsed.data.phases].map((phase) => phase.id))
  return twice === undefined ? ok(toProfile(parsed.data, origin)) : invalid([`two phases are called ${twice}`])
}

function lineOf(document: ReturnType<typeof parseDocument>, path: readonly PropertyKey[], lines: LineCounter): number {
  for (let depth = path.length; depth >= 0; depth--) {
    const node: unknown = document.getIn(path.slice(0, depth), true)
    if (typeof node !== 'object' || node === null || !('range' in node) || !Array.isArray(node.range)) continue
    return lines.linePos(Number(node.range[0])).line
  }
  return 1
}

function toProfile(document: ProfileDocument, origin: string): VerificationProfile {
  const { setup, ...rest } = document
  return sealProfile({
    ...rest,
    ...(setup === undefined ? {} : { setup: setup.map(toPhase) }),
    phases: document.phases.map(toPhase),
    found_by: origin,
  })
}

function toPhase({ command, cwd, env, results, ...rest }: PhaseDocument): ProfilePhase {
  return {
    ...rest,
    argv: command,
    ...(cwd === undefined ? {} : { cwd }),
    ...(env === undefined ? {} : { env }),
    ...(results === undefined ? {} : { results }),
  }
}

const duplicate = (ids: readonly string[]): string | undefined => ids.find((id, at) => ids.indexOf(id) !== at)
const firstLine = (text: string): string => text.split('\n')[0] ?? text
