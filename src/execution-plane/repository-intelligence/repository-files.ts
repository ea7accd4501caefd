import { isForeign } from '#execution-plane/code-index'
import type { TreeEntry } from '#ports'

/** The files of one commit: its listing, and a way to read one. */
export interface RepositoryFiles {
  readonly list: readonly TreeEntry[]
  read(path: string): Promise<Uint8Array | undefined>
}

const TEXT =
  /\.([cm]?[jt]sx?|vue|svelte|astro|py|pyi|pyx|java|kt|kts|groovy|gradle|scala|go|rs|c|cc|cpp|cxx|h|hh|hpp|m|mm|cs|fs|rb|php|swift|dart|ex|exs|erl|hs|ml|clj|lua|pl|pm|r|jl|sh|bash|zsh|ps1|sql|graphql|proto|html?|css|scss|less|ya?ml|toml|ini|cfg|conf|properties|xml|json|md|mdx|rst|txt|tf|hcl|cmake|bzl)$/i
const NAMED_TEXT = /(^|\/)(Dockerfile|Makefile|Rakefile|Gemfile|Jenkinsfile|BUILD|WORKSPACE|CMakeLists\.txt)$/
/** Larger files are data more often than code. */
const LARGEST = 400_000

/** True for a file worth searching: a regular text file of moderate size that is neither vendored nor generated. */
export const isSearchable = (entry: TreeEntry): boolean =>
  entry.mode.startsWith('100') &&
  entry.bytes > 0 &&
  entry.bytes <= LARGEST &&
  (TEXT.test(entry.path) || NAMED_TEXT.test(entry.path)) &&
  !isForeign(entry.path)

/** The text of a file; undefined when it is missing or binary. */
export async function readText(files: RepositoryFiles, path: string): Promise<string | undefined> {
  const bytes = await files.read(path)
  if (bytes === undefined || bytes.subarray(0, 8_000).includes(0)) return undefined
  return new TextDecoder().decode(bytes)
}
