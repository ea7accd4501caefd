/** What a phase tells about a tree, in the order of what costs least. */
export const PHASE_KINDS = [
  'format',
  'lint',
  'types',
  'compile',
  'focused_tests',
  'module_tests',
  'all_tests',
  'security',
] as const
export type PhaseKind = (typeof PHASE_KINDS)[number]

const BY_ID: readonly (readonly [words: RegExp, kind: PhaseKind])[] = [
  [/(?:^|[_-])(?:format|fmt|prettier|black|gofmt|rustfmt|spotless)(?:[_-]|$)/, 'format'],
  [/(?:^|[_-])(?:lint|eslint|ruff|flake8|clippy|vet|checkstyle|style)(?:[_-]|$)/, 'lint'],
  [/(?:^|[_-])(?:types?|typecheck|tsc|mypy|pyright)(?:[_-]|$)/, 'types'],
  [/(?:^|[_-])(?:compile|build)(?:[_-]|$)/, 'compile'],
  [/(?:^|[_-])(?:security|audit|sast|secrets?)(?:[_-]|$)/, 'security'],
]

/** The kind of a phase: as its profile says, else by its id; what neither tells is `all_tests`. */
export const phaseKind = (phase: { readonly id: string; readonly kind?: PhaseKind }): PhaseKind =>
  phase.kind ?? BY_ID.find(([words]) => words.test(phase.id))?.[1] ?? 'all_tests'

/** True for kinds whose results are tests. */
export const isTestKind = (kind: PhaseKind): boolean =>
  kind === 'focused_tests' || kind === 'module_tests' || kind === 'all_tests'
