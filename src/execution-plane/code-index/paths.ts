import type { TreeEntry } from '#ports'

const VENDORED =
  /(^|\/)(node_modules|vendor|vendored|third[_-]party|bower_components|\.venv|venv|site-packages|__pycache__|dist|build|target|out|coverage|\.next|\.git|\.yarn|\.idea|\.mvn)\//i
const GENERATED =
  /(\.min\.(js|css)|\.map|\.lock|-lock\.(json|yaml)|\.snap|_pb2?(_grpc)?\.(py|go|js|ts)|\.pb\.(go|cc|h)|\.g\.(dart|cs)|\.designer\.cs|\.generated\.\w+|go\.sum)$/i
const NO_TEXT =
  /\.(png|jpe?g|gif|webp|avif|ico|icns|bmp|tiff?|svg|pdf|eps|psd|woff2?|ttf|otf|eot|mp[34]|m4a|ogg|wav|webm|mov|avi|zip|gz|tgz|bz2|xz|zst|7z|rar|jar|war|class|so|dylib|dll|exe|o|a|lib|wasm|pyc|bin|dat|db|sqlite3?|npy|npz|nc|h5|hdf5|pkl|parquet|pack|idx|gpg|asc|p12|pfx|keystore|jks|mo)$/i

/** True for a path that people of the repository did not write: vendored or generated, as its name tells. */
export const isForeign = (path: string): boolean => VENDORED.test(path) || GENERATED.test(path)

/** True for a file whose content belongs into an index: a regular file with text that people wrote, as its name tells. */
export const isLookedInto = (entry: TreeEntry): boolean =>
  entry.mode.startsWith('100') && entry.bytes > 0 && !NO_TEXT.test(entry.path) && !isForeign(entry.path)

/** True for a file that tests others, by the naming habits of the common ecosystems. */
export const isTest = (path: string): boolean =>
  /(^|\/)(tests?|__tests__|specs?|testing|testdata|e2e)\//i.test(path) ||
  /(^|\/)(test_[^/]+|([^/]+[._-])?(test|spec)s?)\.\w+$/i.test(path) ||
  /(^|\/)(conftest\.py|[^/]+(Test|Tests|IT|Spec)\.(java|kt|scala|cs|groovy|php))$/.test(path)
