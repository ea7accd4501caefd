/** Languages whose sources are read as trees. */
export const SYNTAX_LANGUAGES = [
  'typescript',
  'tsx',
  'javascript',
  'python',
  'java',
  'go',
  'rust',
  'ruby',
  'csharp',
  'cpp',
  'php',
  'bash',
] as const

/** One language whose sources are read as trees. C is read as C++, JSX as JavaScript. */
export type SyntaxLanguage = (typeof SYNTAX_LANGUAGES)[number]

const BY_ENDING: Readonly<Record<string, SyntaxLanguage>> = {
  ts: 'typescript',
  mts: 'typescript',
  cts: 'typescript',
  tsx: 'tsx',
  js: 'javascript',
  mjs: 'javascript',
  cjs: 'javascript',
  jsx: 'javascript',
  py: 'python',
  pyi: 'python',
  java: 'java',
  go: 'go',
  rs: 'rust',
  rb: 'ruby',
  rake: 'ruby',
  cs: 'csharp',
  c: 'cpp',
  h: 'cpp',
  cc: 'cpp',
  cpp: 'cpp',
  cxx: 'cpp',
  hh: 'cpp',
  hpp: 'cpp',
  hxx: 'cpp',
  php: 'php',
  sh: 'bash',
  bash: 'bash',
  bats: 'bash',
}

/** The language of a path, by its ending; undefined for every other file. */
export function languageOf(path: string): SyntaxLanguage | undefined {
  const ending = /\.([A-Za-z]+)$/.exec(path)?.[1]?.toLowerCase()
  return ending === undefined || !Object.hasOwn(BY_ENDING, ending) ? undefined : BY_ENDING[ending]
}
