import { apiPage } from './api-page.ts'
import { z } from 'zod'
import { createProgram, EXIT_CODES, FILES, VARIABLES } from '#cli'
import { taskJsonSchema } from '#control-plane/intake'
import { packetSchemas } from '#evidence-plane/packet'
import { sandboxProfileSchema } from '#execution-plane/sandbox'
import { EVENT_FIELDS } from '#domain/event'
import { FAILURE_CLASSES, GANDER_ERRORS } from '#domain/failure'
import { FROM_ANY_ACTIVE, GUARDS, RUN_LIFECYCLE, RUN_STATES } from '#domain/run'
import { PHASE_TOOLS, TOOL_ACTIONS, TOOL_NAMES, type AgentPhase } from '#domain/tool'
import { repositoryMapsSchema } from '#execution-plane/repository-intelligence'
import { modelPolicySchema } from '#execution-plane/model-gateway'
import { TOOLS } from '../src/execution-plane/tool-gateway/tools/all-tools.ts'
import { fakeCli } from '../test/support/fake-cli-environment.ts'

const MADE = '<!-- Made by `npm run reference`; edit the source it names, not this page. -->'

/** Every generated page of docs/reference by file name. */
export function referencePages(): Readonly<Record<string, string>> {
  return {
    'README.md': index(),
    'lifecycle.md': lifecycle(),
    'errors.md': errors(),
    'events.md': events(),
    'tools.md': tools(),
    'exit-codes.md': exitCodes(),
    'configuration.md': configuration(),
    'commands.md': commands(),
    'api.md': page('The HTTP API', 'src/api/contract', ...apiPage()),
    'evidence-bundle.schema.json': `${JSON.stringify(packetSchemas().bundle, undefined, 2)}\n`,
    'evidence-predicate.schema.json': `${JSON.stringify(packetSchemas().predicate, undefined, 2)}\n`,
    'model-policy.schema.json': `${JSON.stringify(policySchema(), undefined, 2)}\n`,
    'repository-maps.schema.json': repositoryMaps(),
    'sandbox-profile.schema.json': sandboxProfile(),
    'task.schema.json': `${JSON.stringify(taskJsonSchema(), undefined, 2)}\n`,
  }
}

const policySchema = () => ({
  title: 'Gander policy for models',
  ...z.toJSONSchema(modelPolicySchema, { io: 'input', target: 'draft-2020-12' }),
})

const page = (title: string, source: string, ...parts: readonly string[]) =>
  `${[`# ${title}`, MADE, `Made from \`${source}\`.`, ...parts].join('\n\n')}\n`

function sandboxProfile(): string {
  const schema = z.toJSONSchema(sandboxProfileSchema, { io: 'input', target: 'draft-2020-12' })
  return `${JSON.stringify({ title: 'Gander sandbox profile', ...schema }, undefined, 2)}\n`
}

function repositoryMaps(): string {
  const schema = z.toJSONSchema(repositoryMapsSchema, { io: 'output', target: 'draft-2020-12' })
  return `${JSON.stringify({ title: 'Maps of a repository, as `gander map --json` prints them', ...schema }, undefined, 2)}\n`
}

const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ')

function rows(head: readonly string[], body: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...body.map(line)].join('\n')
}

const code = (text: string) => `\`${text}\``

function index(): string {
  return page(
    'Reference',
    'scripts/reference-pages.ts',
    [
      '- [Commands](commands.md): every verb and flag',
      '- [The HTTP API](api.md): every route, and what each role opens',
      '- [Exit codes](exit-codes.md): what scripts may rely on',
      '- [Configuration](configuration.md): variables and files, and what their absence means',
      '- [Policy for models](model-policy.schema.json): JSON Schema of `GANDER_HOME/model-policy.yaml`',
      '- [Task file](task.schema.json): JSON Schema for `gander run --task`',
      '- [Sandbox profile](sandbox-profile.schema.json): JSON Schema for `gander run --sandbox-profile`',
      '- [Verification profile](verification-profile.schema.json): JSON Schema for `gander run --verify`',
      '- [Maps of a repository](repository-maps.schema.json): JSON Schema of `gander map --json`',
      '- [Evidence packet](evidence-bundle.schema.json) and [its predicate](evidence-predicate.schema.json): JSON Schemas of `packet.json`',
      '- [Life of a run](lifecycle.md): states, arrows and guards',
      '- [Tools](tools.md): what an agent may call, and when',
      '- [Events](events.md): the ledger and its facts',
      '- [Failures](failures.md): what fails, what it leads to, and the test that sees it',
      '- [Reliability](reliability.md): faults, what must hold under them, and the last figures',
      '- [Test integrity](test-integrity.md): what the gate finds, and how much of it',
      '- [Log summaries](log-summary.md): how fifty lines are chosen, and how often they tell',
      '- [The code index](code-index.md): what it costs, beside others',
      '- [Localisation](localisation.md): what ranks the files of an issue, and how often it is right',
      '- [Packed context](packed-context.md): how often what a run is shown holds what its fix changes',
      '- [The judge](judge.md): rubrics, the set it is calibrated on, and what each gate caught',
      '- [Ecosystems](ecosystems.md): projects of other people that were verified in the sandbox',
      '- [Errors](errors.md): codes, failure classes, and what to do',
    ].join('\n'),
  )
}

function lifecycle(): string {
  const arrows = RUN_STATES.flatMap((from) => RUN_LIFECYCLE[from].to.map((to) => `  ${from} --> ${to}`))
  const diagram = ['```mermaid', 'stateDiagram-v2', '  [*] --> queued', ...arrows, '```'].join('\n')
  const states = RUN_STATES.map((state) => [
    code(state),
    RUN_LIFECYCLE[state].kind,
    RUN_LIFECYCLE[state].to.map(code).join(' ') || 'final',
  ])
  const guards = Object.entries(GUARDS).map(([arrow, guard]) => {
    const [from = '', to = ''] = arrow.split('>')
    return [from === '' ? 'any' : code(from), code(to), `only ${guard.requires}`]
  })
  return page(
    'The life of a run',
    'src/domain/run/lifecycle.ts and guards.ts',
    diagram,
    `Besides its own arrows every active state may become ${FROM_ANY_ACTIVE.map(code).join(', ')}.`,
    '## States',
    rows(['state', 'kind', 'may become'], states),
    '## Guards',
    rows(['from', 'to', 'is taken'], guards),
  )
}

function errors(): string {
  const thrown = Object.entries(GANDER_ERRORS).map(([name, { exit, remedy }]) => [code(name), String(exit), remedy])
  const classes = Object.entries(FAILURE_CLASSES).map(([name, next]) => [code(name), next])
  return page(
    'Errors',
    'src/domain/failure',
    'An error says what happened, why, and what to do next. Its code never changes its meaning.',
    rows(['code', 'exit code', 'what to do'], thrown),
    '## Failure classes',
    'A run that ends badly is diagnosed as exactly one of these; its work is kept.',
    rows(['class', 'what to do'], classes),
  )
}

function events(): string {
  const all = Object.entries(EVENT_FIELDS).map(([name, fields]) => [code(name), fields.map(code).join(' ')])
  return page(
    'Events',
    'src/domain/event/event-catalogue.ts',
    'The ledger is append-only and hash-chained for each tenant. An event holds hashes and facts; payloads are artifacts.',
    rows(['event', 'facts it must carry'], all),
  )
}

const PHASES: readonly AgentPhase[] = ['planning', 'editing', 'repairing']

function tools(): string {
  const matrix = TOOL_NAMES.map((name) => [
    code(name),
    code(TOOL_ACTIONS[name]),
    ...PHASES.map((phase) => (PHASE_TOOLS[phase].includes(name) ? 'open' : '')),
  ])
  const each = TOOL_NAMES.map((name) => {
    const { description, input_schema } = TOOLS[name]
    return `### ${name}\n\n${description}\n\n\`\`\`json\n${JSON.stringify(input_schema, undefined, 2)}\n\`\`\``
  })
  return page(
    'Tools',
    'src/domain/tool and src/execution-plane/tool-gateway',
    'What an agent may call. A tool that is not open in a phase is not offered in it, and refused when it is called.',
    rows(['tool', 'action asked of policy', ...PHASES], matrix),
    '## Arguments',
    ...each,
  )
}

function exitCodes(): string {
  const all = Object.values(EXIT_CODES).map(({ code: number, meaning }) => [String(number), meaning])
  return page('Exit codes', 'src/cli/exit-code.ts', rows(['code', 'meaning'], all))
}

function configuration(): string {
  const table = (settings: typeof VARIABLES) =>
    rows(
      ['name', 'meaning', 'absent or empty'],
      settings.map(({ name, meaning, absent }) => [code(name), meaning, absent]),
    )
  return page(
    'Configuration',
    'src/cli/configuration.ts',
    'Nothing has to be configured to run the demo. In any limit 0 means none, never unlimited.',
    '## Environment variables',
    table(VARIABLES),
    '## Files under GANDER_HOME',
    table(FILES),
    '## Files of a repository',
    rows(
      ['name', 'meaning', 'absent or empty'],
      [
        [
          code('.gander/verify.yaml'),
          'The verification profile, read from the base commit.',
          'A profile is found from the manifests.',
        ],
      ],
    ),
  )
}

function commands(): string {
  const program = createProgram(fakeCli().environment)
  const help = program.createHelp()
  const parts = [program, ...help.visibleCommands(program)].map((command) => {
    const name = command === program ? 'gander' : `gander ${command.name()}`
    return `## ${name}\n\n\`\`\`text\n${helpOf(command)}\n\`\`\``
  })
  return page('Commands', 'src/cli/verbs', ...parts)
}

/** The help of a command as a terminal of 100 characters shows it, with its examples. */
function helpOf(command: ReturnType<typeof createProgram>): string {
  let text = ''
  command.configureOutput({ writeOut: (piece) => void (text += piece), getOutHelpWidth: () => 100 })
  command.outputHelp()
  return text.trim()
}
