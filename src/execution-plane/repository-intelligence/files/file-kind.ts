import { isForeign, isTest, type IndexedFile } from '#execution-plane/code-index'
import type { MappedFileKind } from '#ports'
import { languageName } from './languages.ts'

const VENDORED =
  /(^|\/)(node_modules|vendor|vendored|third[_-]party|bower_components|\.venv|venv|site-packages|\.yarn|\.mvn)\//i
/** Content of these is never text that somebody wrote. */
const BINARY =
  /\.(png|jpe?g|gif|webp|avif|ico|icns|bmp|tiff?|pdf|eps|psd|woff2?|ttf|otf|eot|mp[34]|m4a|ogg|wav|webm|mov|avi|zip|gz|tgz|bz2|xz|zst|7z|rar|jar|war|class|so|dylib|dll|exe|o|a|lib|wasm|pyc|bin|dat|db|sqlite3?|npy|npz|nc|h5|hdf5|pkl|parquet|pack|idx|gpg|p12|pfx|keystore|jks|mo)$/i
const MINIFIED = /\.min\.(js|css)$/i
const DOCUMENTATION =
  /(\.(md|mdx|rst|adoc|txt)$)|(^|\/)(docs?|documentation)\/|(^|\/)(LICEN[CS]E|COPYING|NOTICE|AUTHORS|CHANGES|CHANGELOG|README)[^/]*$/i
const CONFIGURATION =
  /\.(json|jsonc|json5|ya?ml|toml|ini|cfg|conf|properties|xml|gradle|lock|plist|env|editorconfig)$|(^|\/)(Dockerfile|Makefile|Rakefile|Gemfile|Jenkinsfile|Procfile|BUILD|WORKSPACE|CMakeLists\.txt|go\.(mod|sum)|Pipfile|\.[^/]*(rc|ignore|attributes|config))(\.[^/]*)?$/i
/** A workflow that is called `test.yml` runs tests and is none. */
const OF_FORGE = /^\.(github|gitlab|circleci|buildkite|woodpecker)\//
/** Called after what it serves, and not the library of a testing framework: `test-helpers/`, `test_utils.py`. */
const SUPPORT_OF_TESTS = /(^|\/)(test|tests|spec)[-_](helpers?|utils?|support|setup|common)(\/|\.\w+$)/i
/** Larger files are data, whatever their ending says; the index does not look into them either. */
const HUGE = 1_500_000

/** What a file is, by its name, its size and what the index made of its content. `inside` is what the bytes told. */
export function kindOf(file: IndexedFile, inside?: 'binary' | 'minified' | 'generated'): MappedFileKind {
  const { path, mode } = file
  if (!mode.startsWith('100')) return 'link'
  if (VENDORED.test(path)) return 'vendored'
  if (MINIFIED.test(path)) return 'minified'
  if (isForeign(path)) return 'generated'
  if (BINARY.test(path)) return 'binary'
  if (file.bytes > HUGE) return 'huge'
  return inside ?? kindOfText(path)
}

function kindOfText(path: string): MappedFileKind {
  const is_code = languageName(path) !== undefined
  if (!OF_FORGE.test(path) && (isTest(path) || SUPPORT_OF_TESTS.test(path))) return 'test'
  if (DOCUMENTATION.test(path) && !(is_code && !/(^|\/)docs?\//i.test(path))) return 'documentation'
  if (is_code) return 'source'
  return CONFIGURATION.test(path) ? 'configuration' : 'other'
}
