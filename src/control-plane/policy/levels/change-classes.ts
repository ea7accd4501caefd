import { readGlob, remembering } from '../glob.ts'
import { PATH_CLASSES } from '../path-classes.ts'

const pathsOf = (...rules: readonly string[]) =>
  PATH_CLASSES.filter(({ rule }) => rules.includes(rule)).flatMap(({ paths }) => paths)

/** What a change is called by the paths that it touches; a path may be of several classes. */
const CHANGE_CLASSES: readonly { readonly name: string; readonly paths: readonly string[] }[] = [
  { name: 'ci_workflow_change', paths: pathsOf('protected.ci') },
  { name: 'ownership_change', paths: pathsOf('protected.ownership') },
  { name: 'agent_instruction_change', paths: pathsOf('protected.agent_instructions') },
  { name: 'dependency_change', paths: pathsOf('protected.manifest') },
  {
    name: 'database_migration',
    paths: ['**/{migrations,migration,alembic,flyway,liquibase}/**', '**/db/migrate/**', '**/*.sql'],
  },
  {
    name: 'infrastructure_change',
    paths: ['**/{terraform,helm,k8s,kubernetes,infra,infrastructure,ansible}/**', '**/*.{tf,tfvars}', '**/dockerfile*'],
  },
  {
    name: 'production_config_change',
    paths: ['**/{prod,production}/**', '**/*{.,-,_}{prod,production}.{yml,yaml,json,toml,properties,env,ini}'],
  },
  { name: 'api_contract_change', paths: ['**/openapi*.{yml,yaml,json}', '**/*.{proto,graphql,avsc}'] },
  {
    name: 'test_change',
    paths: ['**/{test,tests,spec,specs,__tests__}/**', '**/*{.,_,-}{test,spec}.*', '**/test_*.py'],
  },
  { name: 'documentation_change', paths: ['**/*.{md,mdx,rst,adoc}', '**/docs/**'] },
]

const READ = CHANGE_CLASSES.map(({ name, paths }) => ({ name, globs: paths.map(readGlob) }))

const classesOf = remembering((path: string): readonly string[] =>
  READ.filter(({ globs }) => globs.some((glob) => glob.covers(path))).map(({ name }) => name),
)

/** The classes of folded paths, each once. */
export const changeClassesOf = (folded: readonly string[]): readonly string[] => [...new Set(folded.flatMap(classesOf))]
