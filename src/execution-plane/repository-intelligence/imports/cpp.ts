import type { Ground } from '../ground/ground.ts'
import { push } from '../ground/bounded.ts'
import { folderOf, joined, nameOf } from '../ground/path-parts.ts'
import { external, internalOr, nowhere, STANDARD, type Resolver } from './resolution.ts'

const STANDARD_HEADER =
  /^(c?(assert|ctype|errno|fenv|float|inttypes|iso646|limits|locale|math|setjmp|signal|stdarg|stdbool|stddef|stdint|stdio|stdlib|string|time|tgmath|uchar|wchar|wctype|complex)(\.h)?|(algorithm|any|array|atomic|barrier|bit|bitset|charconv|chrono|codecvt|compare|concepts|condition_variable|coroutine|deque|exception|execution|expected|filesystem|format|forward_list|fstream|functional|future|generator|initializer_list|iomanip|ios|iosfwd|iostream|istream|iterator|latch|list|locale|map|mdspan|memory|memory_resource|mutex|new|numbers|numeric|optional|ostream|print|queue|random|ranges|ratio|regex|scoped_allocator|semaphore|set|shared_mutex|source_location|span|spanstream|sstream|stack|stacktrace|stdexcept|stop_token|streambuf|string|string_view|strstream|syncstream|system_error|thread|tuple|type_traits|typeindex|typeinfo|unordered_map|unordered_set|utility|valarray|variant|vector|version)|(sys|arpa|net|netinet|linux|asm|mach)\/.*|(unistd|pthread|fcntl|dirent|dlfcn|poll|termios|windows|winsock2|syslog|sched|semaphore|strings|getopt|pwd|grp|netdb|malloc|alloca|endian|stdatomic|threads|stdalign|stdnoreturn)\.h)$/i

/** Of headers with one name so many are weighed. */
const MOST_OF_NAME = 200

/** Follows `#include`: from the including file first, then by the end of a path, the nearest of several. */
export function cppResolver(ground: Ground): Resolver {
  const by_name = new Map<string, string[]>()
  for (const { path, language, kind } of ground.files)
    if ((language === 'C' || language === 'C++' || /\.(inc|ipp|tpp|inl)$/.test(path)) && kind !== 'binary')
      push(by_name, nameOf(path), path)
  const known = new Map<string, readonly string[]>()
  const nearestTo = (folder: string, tail: string): readonly string[] => {
    const key = `${folder}\0${tail}`
    const made = known.get(key) ?? nearestOf(by_name.get(nameOf(tail)) ?? [], folder, tail)
    known.set(key, made)
    return made
  }
  return (file, statements) => {
    const folder = folderOf(file.path)
    return statements.flatMap((statement) => {
      const [, quote, name] = /#\s*include\s*(["<])([^">\n]+)[">]/.exec(statement) ?? []
      if (name === undefined) return []
      const beside = quote === '"' ? joined(folder, name) : undefined
      if (beside !== undefined && beside !== file.path && ground.has(beside))
        return [{ to: 'internal' as const, paths: [beside] }]
      const tail = name.replace(/^(\.\.?\/)+/, '')
      const nearest = nearestTo(folder, tail).find((path) => path !== file.path)
      const is_own = nearest !== undefined && (quote === '"' || !STANDARD_HEADER.test(name))
      return [
        internalOr(is_own ? [nearest] : [], () => {
          if (STANDARD_HEADER.test(name)) return STANDARD
          return quote === '<' ? external(name.split('/')[0] ?? name) : nowhere(name)
        }),
      ]
    })
  }
}

/** The two nearest to a folder of those that end so: the second is for a file that includes its namesake. */
function nearestOf(named: readonly string[], folder: string, tail: string): readonly string[] {
  const nearness = (path: string): number => shared(path, folder)
  return named
    .filter((path) => path === tail || path.endsWith(`/${tail}`))
    .slice(0, MOST_OF_NAME)
    .toSorted((a, b) => nearness(b) - nearness(a) || a.length - b.length || (a < b ? -1 : 1))
    .slice(0, 2)
}

/** How many folders two paths have in common from the root. */
function shared(path: string, folder: string): number {
  const [one, other] = [path.split('/'), folder.split('/')]
  const differs = one.findIndex((part, at) => part !== other[at])
  return differs < 0 ? one.length : differs
}
