/** Prints the index that this pip is built with; the name has not moved since pip 18. */
const BUILT_IN = 'from pip._internal.models.index import PyPI; print(PyPI.simple_url)'

/** The indexes pip uses, possibly with credentials: of the environment, of its configuration, or built in. */
export async function pipIndexes(
  ask: (argv: readonly string[]) => Promise<string | undefined>,
  environment: NodeJS.ProcessEnv,
): Promise<readonly string[]> {
  const [listed, built_in] = await Promise.all([
    ask(['python3', '-m', 'pip', 'config', 'list']),
    ask(['python3', '-c', BUILT_IN]),
  ])
  const setting = (name: string): string | undefined =>
    [':env:', 'install', 'global', 'site', 'user']
      .map((section) => new RegExp(`^${section}\\.${name}='(.*)'$`, 'm').exec(listed ?? '')?.[1])
      .find((value) => value !== undefined)
  const index =
    environment['PIP_INDEX_URL'] ?? environment['UV_DEFAULT_INDEX'] ?? setting('index-url') ?? built_in ?? ''
  const extra = environment['PIP_EXTRA_INDEX_URL'] ?? setting('extra-index-url') ?? ''
  // pip writes a list of several lines as one quoted text with \n between them.
  return [index, ...extra.split(/\s+|\\n/)]
    .map((address) => address.trim())
    .filter((address) => address.startsWith('https://') && URL.canParse(address))
}
