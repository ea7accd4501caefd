import type { RepositoryMaps } from '#ports'
import { z } from 'zod'

const count = z.int().min(0)
const share = z.number().min(0).max(1)
const text = z.string()
const path = text.describe('From the root of the repository; `.` is the root.')
const list = <Entry extends z.ZodType>(entry: Entry) =>
  z.strictObject({ entries: z.array(entry), more: count.describe('Entries that were left out.') })
const counted = z.record(text, count)
const command = text.describe('To be run at the root of the repository.')

const map = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.strictObject({
    version: z.literal(1),
    commit: text.describe('The one commit the map is true of.'),
    ...shape,
  })

const KINDS = [
  'link',
  'vendored',
  'generated',
  'huge',
  'binary',
  'minified',
  'test',
  'documentation',
  'source',
  'configuration',
  'other',
] as const
const kind = z.enum(KINDS)

const file = map({
  files: count,
  bytes: count,
  lines: count,
  kinds: z.record(kind, count),
  languages: z.array(z.strictObject({ name: text, files: count, lines: count })),
  folders: list(z.strictObject({ path, files: count, lines: count, language: text.nullable(), kind })),
  vendored: list(path),
  generated: list(path),
  binary: list(path),
  huge: list(path),
  minified: list(path),
  links: list(path),
})

const module = z.strictObject({
  path,
  name: text,
  system: text,
  manifest: path,
  sources: z.array(path),
  tests: z.array(path),
  config: z.array(path),
  test_command: command.nullable(),
  tasks: list(z.strictObject({ name: text, command })),
})

const build = map({
  main_system: text.nullable(),
  systems: z.array(z.strictObject({ name: text, manifests: count })),
  root_manifests: z.array(path),
  lockfiles: z.array(path),
  modules: list(module),
  commands: z.record(text, command),
})

const declaration = z.strictObject({
  name: text,
  kind: text,
  container: text.nullable(),
  start_line: count,
  end_line: count,
})

const symbol = map({
  symbols: count,
  kinds: counted,
  top: list(z.strictObject({ name: text, kind: text, path, named_in: count })),
  relations: list(
    z.strictObject({
      from: text,
      kind: z.enum(['extends', 'implements']),
      to: text,
      path,
      line: count,
      to_path: path.nullable(),
    }),
  ),
  files: list(z.strictObject({ path, symbols: list(declaration) })),
})

const external = z.strictObject({
  name: text,
  ecosystem: text,
  range: text,
  kind: z.enum(['runtime', 'development', 'optional', 'peer', 'build']),
  manifest: path,
  imported_by: count,
})
const edge = z.strictObject({ from: path, to: path, imports: count })

const dependency = map({
  imports: z.strictObject({ internal: count, external: count, standard: count, unresolved: count }),
  edges: count,
  files: list(z.strictObject({ path, imports: list(path) })),
  folders: list(edge),
  most_imported: list(z.strictObject({ path, imported_by: count })),
  packages: list(external),
  unresolved: list(z.strictObject({ path, names: text })),
})

const reached_by = z.enum(['itself', 'name', 'import', 'transitive', 'package'])

const test = map({
  tests: count,
  support: count,
  sources: count,
  reached_sources: count,
  files: list(
    z.strictObject({
      path,
      framework: text.nullable(),
      command: command.nullable(),
      reaches: list(z.strictObject({ path, by: reached_by })),
    }),
  ),
  reached: list(z.strictObject({ path, tests: list(z.strictObject({ path, by: reached_by })) })),
  unreached: list(path),
})

const author = z.strictObject({ id: text, changes: count, share, active: z.boolean() })

const ownership = map({
  codeowners: path.nullable(),
  codeowners_read: z.boolean(),
  owned_files: count,
  unowned_files: count,
  owners: list(z.strictObject({ name: text, files: count })),
  rules: list(
    z.strictObject({
      pattern: text,
      section: text.nullable(),
      owners: z.array(text),
      optional: z.boolean(),
      line: count,
    }),
  ),
  unreadable_lines: z.array(count),
  history: z.strictObject({
    commits: count,
    of_bots: count,
    shallow: z.boolean(),
    folders: list(z.strictObject({ path, changes: count, authors: list(author) })),
    most_changed: list(z.strictObject({ path, changes: count, authors: list(author) })),
  }),
})

const unit = z.strictObject({ path, kind: text, name: text })

const runtime = map({
  entry_points: list(unit),
  deployment_units: list(unit),
  pipelines: list(unit),
  configuration: list(path),
  environment: list(z.strictObject({ name: text, files: list(path) })),
})

const risk = map({
  areas: z.array(z.strictObject({ domain: text, level: z.enum(['high', 'medium']), reason: text, files: list(path) })),
  absent: z.array(text),
})

const convention = map({
  tools: z.array(z.strictObject({ name: text, kind: text, config: path })),
  indentation: z.array(
    z.strictObject({
      language: text,
      style: z.enum(['tabs', 'spaces']),
      width: count.nullable(),
      share,
      files: count,
      line_length: count,
    }),
  ),
  naming: z.array(z.strictObject({ language: text, kind: text, style: text, share, symbols: count })),
  layers: list(edge),
  commits: z
    .strictObject({
      counted: count,
      conventional: share,
      types: z.array(text),
      scoped: share,
      capitalised: share,
      with_reference: share,
      median_subject_length: count,
      with_body: share,
    })
    .nullable(),
})

/** The form of the nine maps, as it is published. */
export const repositoryMapsSchema: z.ZodType<RepositoryMaps> = z.strictObject({
  schema: z.literal('gander.maps/v1'),
  repository: text,
  commit: text,
  file,
  build,
  symbol,
  dependency,
  test,
  ownership,
  runtime,
  risk,
  convention,
})
