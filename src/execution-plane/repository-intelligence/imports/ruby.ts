import type { Ground } from '../ground/ground.ts'
import { folderOf, joined } from '../ground/path-parts.ts'
import { external, internalOr, nowhere, STANDARD, type Resolution, type Resolver } from './resolution.ts'

const STANDARD_LIBRARY = new Set(
  'abbrev base64 benchmark bigdecimal bundler cgi coverage csv date dbm delegate did_you_mean digest drb English erb etc fcntl fiber fiddle fileutils find forwardable getoptlong io ipaddr irb json logger matrix minitest monitor mutex_m net objspace observer open-uri open3 openssl optparse ostruct pathname pp prettyprint prime pstore psych pty racc rake rbconfig rdoc readline reline resolv ripper rubygems securerandom set shellwords singleton socket stringio strscan syslog tempfile test thread time timeout tmpdir tracer tsort un uri weakref webrick yaml zlib'.split(
    ' ',
  ),
)
const LOADED = /^\s*(require_relative|require|autoload|load)\b[^"']*(["'])([^"'\n]+)\2/

/** Follows `require`, `require_relative`, `autoload` and `load`; names are looked for below every `lib`, `test` and `spec`. */
export function rubyResolver(ground: Ground): Resolver {
  const roots = new Set(['.'])
  for (const { path, language } of ground.files) {
    if (language !== 'Ruby') continue
    for (const [at] of path.matchAll(/(?:^|(?<=\/))(?:lib|test|spec|app|ext)(?=\/)/g))
      roots.add(path.slice(0, path.indexOf(`${at}/`) + at.length))
  }
  const ordered = [...roots].sort(
    (a, b) => Number(b.endsWith('lib')) - Number(a.endsWith('lib')) || a.length - b.length,
  )
  const fileAt = (folder: string, name: string): string | undefined => {
    const path = joined(folder, name)
    return path === undefined
      ? undefined
      : [path, `${path}.rb`].find((each) => each.endsWith('.rb') && ground.has(each))
  }
  const known = new Map<string, Resolution>()
  const byName = (name: string): Resolution => {
    const found = ordered.map((root) => fileAt(root, name)).find((path) => path !== undefined)
    const top = name.split('/')[0] ?? name
    return internalOr(found === undefined ? [] : [found], () => (STANDARD_LIBRARY.has(top) ? STANDARD : external(top)))
  }
  return (file, statements) =>
    statements.flatMap((statement) => {
      const [, how, , name] = LOADED.exec(statement) ?? []
      if (how === undefined || name === undefined || name.includes('#{')) return []
      if (how === 'require_relative' || name.startsWith('.')) {
        const path = fileAt(folderOf(file.path), name)
        return [internalOr(path === undefined || path === file.path ? [] : [path], () => nowhere(name))]
      }
      const made = known.get(name) ?? byName(name)
      known.set(name, made)
      return made.to === 'internal' && made.paths[0] === file.path ? [] : [made]
    })
}
