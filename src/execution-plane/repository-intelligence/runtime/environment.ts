import { push } from '../ground/bounded.ts'
import type { Ground } from '../ground/ground.ts'

/** Words that stand wherever a program reads its environment; the index says which files hold them. */
const MARKS = [
  'environ',
  'getenv',
  'env',
  'ENV',
  'Getenv',
  'LookupEnv',
  '_ENV',
  '_SERVER',
  '$_ENV',
  '$_SERVER',
  'GetEnvironmentVariable',
]
const READS: readonly RegExp[] = [
  /\bprocess\.env\.([A-Za-z_]\w{1,80})\b/g,
  /\b(?:process|Deno|Bun|import\.meta)\.env(?:\.get\()?\s{0,4}[.[(]{0,3}\s{0,4}["'`]([A-Za-z_]\w{1,80})["'`]/g,
  /\bimport\.meta\.env\.([A-Z_]\w{1,80})\b/g,
  /\bBun\.env\.([A-Z_]\w{1,80})\b/g,
  /\b(?:os\.)?environ(?:\.get|\.setdefault|\.pop)?\s*[[(]\s*["']([A-Za-z_]\w{1,80})["']/g,
  /\b(?:os\.|System\.)?[gG]etenv\s*\(\s*["']([A-Za-z_]\w{1,80})["']/g,
  /\bos\.(?:Getenv|LookupEnv|Setenv)\(\s*"([A-Za-z_]\w{1,80})"/g,
  /\benv::var(?:_os)?\(\s*"([A-Za-z_]\w{1,80})"/g,
  /\b(?:option_)?env!\(\s*"([A-Za-z_]\w{1,80})"/g,
  /\bENV(?:\.fetch)?\s*[[(]\s*["']([A-Za-z_]\w{1,80})["']/g,
  /\$_(?:ENV|SERVER)\[\s*["']([A-Z_][A-Z0-9_]{1,80})["']/g,
  /\benv\(\s*["']([A-Z_][A-Z0-9_]{1,80})["']/g,
  /\bGetEnvironmentVariable\(\s*"([A-Za-z_]\w{1,80})"/g,
]
/** A repository where more files speak of an environment is read in part. */
const MOST_READ = 400

/** Names of the environment variables that code reads, with the files that do. Values are not looked at. */
export async function environmentOf(ground: Ground): Promise<ReadonlyMap<string, readonly string[]>> {
  const holding = new Set(MARKS.flatMap((mark) => ground.pathsWith(mark)))
  const code = ground.code.filter(({ path, kind }) => kind === 'source' && holding.has(path))
  const variables = new Map<string, string[]>()
  const first = code.slice(0, MOST_READ).map(({ path }) => path)
  await ground.eachText(first, (path, text) => {
    for (const name of new Set(READS.flatMap((read) => [...text.matchAll(read)].map(([, each = '']) => each))))
      push(variables, name, path)
  })
  return variables
}
