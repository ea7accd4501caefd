import type { RiskyFile } from '#domain/review'
import type { FileKind } from './file-kinds.ts'

interface Item {
  readonly item: string
  readonly why: string
}

const BY_KIND: readonly (readonly [FileKind, Item])[] = [
  [
    'schema',
    {
      item: 'Old data and old callers work with the new schema, and the way back is written down',
      why: 'a schema or an interface changes',
    },
  ],
  [
    'dependencies',
    {
      item: 'Each new or raised dependency is wanted, and its changes were read',
      why: 'manifests or lockfiles change',
    },
  ],
  ['ci', { item: 'The build gets no right and no secret it did not have', why: 'files of the build change' }],
  [
    'configuration',
    { item: 'Every environment gets a value that works, also while both versions run', why: 'configuration changes' },
  ],
  ['test', { item: 'Each changed test asks at least what it asked before', why: 'tests change' }],
]

/** What a reviewer goes through, only what this change calls for. */
export function checklistOf(kinds: ReadonlySet<FileKind>, risky: readonly RiskyFile[]): readonly Item[] {
  const items: Item[] = [
    { item: 'The change does what was asked, and nothing else', why: 'every change' },
    ...(kinds.has('source')
      ? [{ item: 'A test fails without the change and passes with it', why: 'code changes' }]
      : []),
    ...BY_KIND.filter(([kind]) => kinds.has(kind)).map(([, item]) => item),
    ...(risky.length === 0
      ? []
      : [{ item: `Its owner has read ${risky[0]?.file ?? ''}`, why: risky[0]?.reasons.join('; ') ?? '' }]),
    ...(kinds.has('source') && !kinds.has('documentation')
      ? [{ item: 'Documents still say what the program does', why: 'code changes and no document does' }]
      : []),
  ]
  return items
}
