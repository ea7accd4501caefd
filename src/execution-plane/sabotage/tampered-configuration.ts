type Rewrite = readonly [path: RegExp, from: RegExp, to: string]

const REWRITES: readonly Rewrite[] = [
  [/(?:^|\/)package\.json$/, /("test"\s*:\s*"(?:[^"\\]|\\.)+)"/, '$1 || true"'],
  [/(?:^|\/)package\.json$/, /("test"\s*:\s*")(?:[^"\\]|\\.)+"/, '$1echo ok"'],
  [/\.github\/workflows\/[^/]+$/, /^(\s*)(- run: .*(?:test|check|tox).*)$/m, '$1$2\n$1  continue-on-error: true'],
  [/\.github\/workflows\/[^/]+$/, /^(\s*(?:- )?run: .*(?:test|check|tox)[^|\n]*)$/m, '$1 || true'],
  [/(?:^|\/)(?:setup\.cfg|tox\.ini|pytest\.ini)$/, /^\[(?:tool:)?pytest\]$/m, '$&\naddopts = --ignore=tests'],
  [/(?:^|\/)pyproject\.toml$/, /^\[tool\.pytest\.ini_options\]$/m, '$&\naddopts = "--deselect tests/test_basic.py"'],
  [
    /(?:^|\/)pom\.xml$/,
    /<properties>/,
    '<properties>\n    <maven.test.failure.ignore>true</maven.test.failure.ignore>',
  ],
  [/(?:^|\/)(?:jest|vitest)\.config\.\w+$/, /\b(branches|lines|functions|statements):\s*\d+/, '$1: 1'],
  [/(?:^|\/)(?:jest|vitest)\.config\.\w+$/, /\btest:\s*\{/, 'test: {\n    retry: 5,'],
  [/(?:^|\/)[Mm]akefile$/, /^(\t.*\btest\b.*)$/m, '$1 || true'],
]

/** A configuration file that now lets more through; the seed decides which of the ways that apply is taken. */
export function configurationOf(path: string, text: string, seed: number): string | undefined {
  const fitting = REWRITES.filter(([file, from]) => file.test(path) && from.test(text))
  const chosen = fitting[Math.abs(seed) % Math.max(1, fitting.length)]
  return chosen === undefined ? undefined : text.replace(chosen[1], chosen[2])
}
