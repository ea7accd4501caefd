/** A line of a stack trace. */
export interface StackFrame {
  readonly path: string
  readonly function: string | undefined
}

const FRAMES: readonly RegExp[] = [
  /File "(?<path>[^"\n]{1,300})", line \d+, in (?<function>[\w<>.$]+)/,
  /^\s*~?(?<path>[\w/.\\-]+\.pyx?)(?::\d+)? in (?<function>[\w<>]+)/,
  /\bat (?<function>[\w$.<>]+)\((?<path>[\w$]+\.(?:java|kt|scala|groovy)):\d+\)/,
  /\bat (?:async )?(?<function>[\w$.<> [\]]+) \((?:file:\/\/)?(?<path>[^\s():]+\.[cm]?[jt]sx?):\d+/,
  /\bat (?<path>(?:file:\/\/)?\/?[^\s():]+\.[cm]?[jt]sx?):\d+:\d+/,
  /\bat (?<function>[\w.<>`]+)\([^)]{0,200}\) in (?<path>[^:\n]{1,200}\.cs):line \d+/,
  /^\s*from (?<path>[^\s:]+\.rb):\d+:in [`'](?<function>[^'\n]{1,100})'/,
  /\bpanicked at (?:'.{0,300}', )?(?<path>[^\s:']+\.rs):\d+/,
  /^\s*at (?<path>[^\s:]+\.rs):\d+/,
  /^\s*(?<path>[\w/.@-]+\.(?:go|rs|rb|php)):\d+/,
]
const LONGEST_LINE = 600

/** The frame that a line shows; undefined where it shows none. */
export function frameIn(line: string): StackFrame | undefined {
  if (line.length > LONGEST_LINE) return undefined
  for (const pattern of FRAMES) {
    const found = pattern.exec(line)?.groups
    if (found?.['path'] !== undefined) return { path: found['path'], function: found['function']?.split('.').at(-1) }
  }
  return undefined
}
