import type { RankedFiles, RepositoryContextPacket, RepositoryMaps } from '#ports'
import { folderOf } from './ground/path-parts.ts'
import type { RepositorySurvey } from './repository-survey.ts'
import { absenceNote } from './risk/risk-map.ts'

const MOST_PRODUCTION = 10
const MOST_TESTS = 10
/** Tests taken for one likely file that are not likely themselves. */
const TESTS_OF_ONE = 2
const MOST_MODULES = 12
const MOST_NOTES = 12
/** A language of a smaller share of the lines is no part of the stack. */
const LEAST_SHARE = 0.05
/** Frameworks by the packages that bring them. */
const FRAMEWORKS: readonly (readonly [string, RegExp])[] = [
  ['spring_boot', /^org\.springframework\.boot/],
  ['quarkus', /^io\.quarkus/],
  ['django', /^django$/i],
  ['flask', /^flask$/i],
  ['fastapi', /^fastapi$/i],
  ['react', /^react$/],
  ['next', /^next$/],
  ['vue', /^vue$/],
  ['svelte', /^svelte$/],
  ['angular', /^@angular\/core$/],
  ['express', /^express$/],
  ['fastify', /^fastify$/],
  ['nest', /^@nestjs\/core$/],
  ['rails', /^rails$/],
  ['sinatra', /^sinatra$/],
  ['laravel', /^laravel\/framework$/],
  ['symfony', /^symfony\/(framework-bundle|symfony)$/],
  ['gin', /^github\.com\/gin-gonic\/gin$/],
  ['cobra', /^github\.com\/spf13\/cobra$/],
  ['tokio', /^tokio$/],
  ['axum', /^axum$/],
  ['actix', /^actix-web$/],
]

/**
 * What a task needs to know of its repository, in one page. Files are of the survey's commit; one that it does not have
 * is left out. A risk note is of a likely file, or says that the whole repository has no sign of a domain.
 */
export async function repositoryContextPacket(
  survey: RepositorySurvey,
  ranked: RankedFiles,
): Promise<RepositoryContextPacket> {
  const maps = await survey.maps()
  const likely = ranked.map(({ path }) => path).filter((path) => survey.has(path))
  const production = likely.filter((path) => !survey.isTest(path)).slice(0, MOST_PRODUCTION)
  const named = likely.filter((path) => survey.isTest(path))
  const reaching = await Promise.all(production.map((path) => survey.testsOf(path)))
  const beside = reaching.flatMap((tests) => tests.slice(0, TESTS_OF_ONE).map(({ path }) => path))
  const to_run = [...new Set([...beside, ...named])]
  const tests = to_run.filter((path) => !production.includes(path)).slice(0, MOST_TESTS)
  return {
    repository: survey.repository,
    commit: survey.commit,
    language_stack: stackOf(survey, maps, production),
    modules: modulesOf(survey, maps, production),
    likely_files: { production, tests },
    build_commands: commandsOf(survey, maps, { production, tests: to_run }),
    owners: [...new Set(production.flatMap((path) => survey.ownersOf(path)))],
    risk_notes: notesOf(survey, maps, production),
  }
}

/** Languages of some weight, frameworks of the root and of the likely files' modules, and build systems. */
function stackOf(
  survey: RepositorySurvey,
  { file, build, dependency }: RepositoryMaps,
  production: readonly string[],
): readonly string[] {
  const lines = file.languages.reduce((sum, each) => sum + each.lines, 0)
  const languages = file.languages.filter((each) => each.lines >= lines * LEAST_SHARE).map(({ name }) => name)
  const folders = new Set(['.', ...production.map((path) => survey.moduleOf(path)?.path)])
  const own = dependency.packages.entries
    .filter(({ kind, manifest }) => (kind === 'runtime' || kind === 'build') && folders.has(folderOf(manifest)))
    .map(({ name }) => name)
  const frameworks = FRAMEWORKS.filter(([, mark]) => own.some((name) => mark.test(name))).map(([name]) => name)
  const systems = build.systems.map(({ name }) => name)
  return [...new Set([...languages.map((name) => name.toLowerCase().replaceAll(' ', '_')), ...frameworks, ...systems])]
}

/** Modules of the likely files first. */
function modulesOf(
  survey: RepositorySurvey,
  { build }: RepositoryMaps,
  production: readonly string[],
): readonly string[] {
  const likely = production.flatMap((path) => survey.moduleOf(path) ?? [])
  return [...new Set([...likely, ...build.modules.entries].map(({ name }) => name))].slice(0, MOST_MODULES)
}

function commandsOf(
  survey: RepositorySurvey,
  { build }: RepositoryMaps,
  { production, tests }: RepositoryContextPacket['likely_files'],
): RepositoryContextPacket['build_commands'] {
  const modules = production.flatMap((path) => survey.moduleOf(path) ?? [])
  const unit = modules.find(({ test_command }) => test_command !== null)?.test_command
  const focused = tests.map((path) => survey.focusedTest(path).command).find((command) => command !== null)
  return {
    ...(focused === undefined || focused === null ? {} : { focused }),
    ...(unit === undefined || unit === null ? {} : { unit }),
    ...build.commands,
  }
}

function notesOf(survey: RepositorySurvey, { risk }: RepositoryMaps, production: readonly string[]): readonly string[] {
  const domains = production.flatMap((path) => survey.risksOf(path).map(({ domain }) => `${domain}_domain`))
  const absent = risk.absent.flatMap((domain) => absenceNote(domain) ?? [])
  return [...new Set([...domains, ...absent])].slice(0, MOST_NOTES)
}
