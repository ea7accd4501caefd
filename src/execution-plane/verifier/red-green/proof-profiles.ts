import { createHash } from 'node:crypto'
import { canonicalJson } from '#domain/json'
import { isTestKind, phaseKind, type ProfilePhase, type VerificationProfile } from '#domain/verification'
import { focusedPhase } from '../profile/focus-phase.ts'

/** A profile that runs a part of another one, with the orders in which it runs tests. */
export interface ProofProfile {
  readonly profile: VerificationProfile
  readonly orders: readonly string[]
}

/** What is needed to run the tests of these files once: compilers, then these tests alone where the runner can be told. */
export function focusedProfile(profile: VerificationProfile, files: readonly string[]): VerificationProfile {
  return withPhases(profile, [...compilers(profile), ...testPhases(profile, files)])
}

/** The same, run `times` times in one sandbox, each time in another order where the runner has a way to say so. */
export function repeatedProfile(profile: VerificationProfile, files: readonly string[], times: number): ProofProfile {
  const orders: string[] = []
  const phases: ProfilePhase[] = []
  for (let time = 0; time < times; time++) {
    const turned = time % 2 === 0 ? files.toReversed() : files
    const chosen = testPhases(profile, turned).map((phase) =>
      shuffled({ ...phase, id: `${phase.id}_again_${time + 1}` }),
    )
    phases.push(...chosen.map(({ phase }) => phase))
    const isShuffled = chosen.some((one) => one.shuffled)
    orders.push(isShuffled ? 'shuffled by the runner' : time % 2 === 0 && files.length > 1 ? 'files reversed' : 'as is')
  }
  return { profile: withPhases(profile, [...compilers(profile), ...phases]), orders }
}

/** The end of the id of a phase that is run once more to see which lines it reaches; what it gives decides nothing. */
export const REACHING = '_reaching'

/** A profile that besides runs these test files once more to see which lines they reach. */
export function reachingProfile(profile: VerificationProfile, whole: VerificationProfile, files: readonly string[]) {
  const again = testPhases(whole, files).map((phase) => ({ ...phase, id: `${phase.id}${REACHING}`, required: false }))
  return withPhases(profile, [...profile.phases, ...again])
}

/** What compiles, alone. */
export const compilersOf = (profile: VerificationProfile): VerificationProfile =>
  withPhases(profile, compilers(profile))

function testPhases(profile: VerificationProfile, files: readonly string[]): readonly ProfilePhase[] {
  const focused = focusedPhase(profile, files)
  if (focused !== undefined) return [{ ...focused, required: true }]
  return profile.phases.filter((phase) => phase.required && isTestKind(phaseKind(phase)))
}

const compilers = ({ phases }: VerificationProfile): readonly ProfilePhase[] =>
  phases.filter((phase) => phase.required && phaseKind(phase) === 'compile')

function withPhases(profile: VerificationProfile, phases: readonly ProfilePhase[]): VerificationProfile {
  const version = createHash('sha256')
    .update(canonicalJson([profile.version, phases]))
    .digest('hex')
  return { ...profile, version, phases }
}

/** Runners that can be told to shuffle: what to add, and after which word. */
function shuffled(phase: ProfilePhase): { readonly phase: ProfilePhase; readonly shuffled: boolean } {
  const { argv } = phase
  const go = argv.findIndex((word, at) => word === 'test' && /(?:^|\/)go$/.test(argv[at - 1] ?? ''))
  if (go > 0) return { phase: { ...phase, argv: argv.toSpliced(go + 1, 0, '-shuffle=on') }, shuffled: true }
  const vitest = argv.findIndex((word) => /(?:^|\/)vitest(?:\.mjs)?$/.test(word))
  const run = vitest < 0 ? -1 : argv.indexOf('run', vitest)
  if (run > 0) return { phase: { ...phase, argv: argv.toSpliced(run + 1, 0, '--sequence.shuffle') }, shuffled: true }
  return { phase, shuffled: false }
}
