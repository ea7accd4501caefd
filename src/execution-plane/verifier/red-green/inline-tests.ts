/** A Rust module of tests as rustfmt leaves it: it begins and ends at the left margin. */
const MODULE = /^#\[cfg\(test\)\]\n(?:#\[[^\n]*\]\n)*(?:pub(?:\([^)\n]*\))? )?mod \w+ \{\n[\s\S]*?^\}\n?/gm

/**
 * A Rust source with its own test modules taken out and those of another version of it put at its end. Undefined where the
 * two have the same tests, or there are none to put in.
 */
export function withInlineTests(source: string, other: string): string | undefined {
  const own = modulesOf(source)
  const wanted = modulesOf(other)
  if (wanted.length === 0 || own.join('\n') === wanted.join('\n')) return undefined
  return [source.replaceAll(MODULE, '').trimEnd(), '', ...wanted].join('\n')
}

const modulesOf = (source: string): readonly string[] => source.match(MODULE) ?? []
