import type { Ground } from '../ground/ground.ts'
import { folderOf, joined, nameOf, under } from '../ground/path-parts.ts'
import { external, internalOr, nowhere, STANDARD, type Resolution, type Resolver } from './resolution.ts'

const STANDARD_MODULES = new Set(
  '__future__ __main__ _thread abc aifc argparse array ast asynchat asyncio asyncore atexit audioop base64 bdb binascii bisect builtins bz2 calendar cgi cgitb chunk cmath cmd code codecs codeop collections colorsys compileall concurrent configparser contextlib contextvars copy copyreg cProfile crypt csv ctypes curses dataclasses datetime dbm decimal difflib dis distutils doctest email encodings ensurepip enum errno faulthandler fcntl filecmp fileinput fnmatch fractions ftplib functools gc getopt getpass gettext glob graphlib grp gzip hashlib heapq hmac html http imaplib imghdr imp importlib inspect io ipaddress itertools json keyword lib2to3 linecache locale logging lzma mailbox mailcap marshal math mimetypes mmap modulefinder msvcrt multiprocessing netrc nis nntplib ntpath numbers opcode operator optparse os ossaudiodev pathlib pdb pickle pickletools pipes pkgutil platform plistlib poplib posix posixpath pprint profile pstats pty pwd py_compile pyclbr pydoc pydoc_data queue quopri random re readline reprlib resource rlcompleter runpy sched secrets select selectors shelve shlex shutil signal site smtpd smtplib sndhdr socket socketserver spwd sqlite3 sre_compile sre_constants sre_parse ssl stat statistics string stringprep struct subprocess sunau symtable sys sysconfig syslog tabnanny tarfile telnetlib tempfile termios test textwrap threading time timeit tkinter token tokenize tomllib trace traceback tracemalloc tty turtle types typing unicodedata unittest urllib uu uuid venv warnings wave weakref webbrowser winreg winsound wsgiref xdrlib xml xmlrpc zipapp zipfile zipimport zlib zoneinfo _typeshed'.split(
    ' ',
  ),
)
const MOST_NAMES = 100

/** Modules under every name that a file of this repository may import them by. */
class Modules {
  readonly #ground: Ground
  readonly #by_name = new Map<string, string>()

  constructor(ground: Ground) {
    this.#ground = ground
    for (const { path, language } of ground.files) {
      if (language !== 'Python' || !/\.pyi?$/.test(path)) continue
      for (const root of this.#roots(path)) this.#learn(root, path)
    }
  }

  /** The first folder above that is no package itself, `src` where it stands in one, and the root of the repository. */
  #roots(path: string): readonly string[] {
    let folder = folderOf(path)
    while (folder !== '.' && (this.#ground.has(`${folder}/__init__.py`) || this.#ground.has(`${folder}/__init__.pyi`)))
      folder = folderOf(folder)
    const src = /^(?:.*\/)?src(?=\/)/.exec(path)?.[0]
    return [...new Set([folder, ...(src === undefined ? [] : [src]), '.'])]
  }

  #learn(root: string, path: string): void {
    const inside = root === '.' ? path : path.slice(root.length + 1)
    const name = inside
      .replace(/\.pyi?$/, '')
      .replace(/(^|\/)__init__$/, '')
      .replaceAll('/', '.')
    if (name === '') return
    const known = this.#by_name.get(name)
    if (known === undefined || (known.endsWith('.pyi') && path.endsWith('.py'))) this.#by_name.set(name, path)
  }

  /** The file of a dotted name, or of the longest beginning of it; at least `parts` parts must be left. */
  find(name: string, parts = 1): string | undefined {
    const all = name.split('.')
    for (let length = all.length; length >= parts; length--) {
      const found = this.#by_name.get(all.slice(0, length).join('.'))
      if (found !== undefined) return found
    }
    return undefined
  }

  exact(name: string): string | undefined {
    return this.#by_name.get(name)
  }

  inFolder(folder: string): string | undefined {
    return [`${folder}.py`, under(folder, '__init__.py'), `${folder}.pyi`, under(folder, '__init__.pyi')].find((path) =>
      this.#ground.has(path),
    )
  }

  /** True where the repository has modules below this first name. */
  isOwn(top: string): boolean {
    return this.#by_name.has(top) || this.#ground.has(`${top}/__init__.py`)
  }
}

/** Follows Python's imports: absolute ones from every root a package may be found at, relative ones from the file. */
export function pythonResolver(ground: Ground): Resolver {
  const modules = new Modules(ground)
  return (file, statements) => statements.flatMap((statement) => resolve(modules, file.path, statement))
}

function resolve(modules: Modules, from: string, statement: string): readonly Resolution[] {
  const text = statement.replaceAll(/#[^\n]*/g, '').replaceAll(/\\\r?\n/g, ' ')
  const found = /^from\s+(\.*)\s*([\w.]*)\s+import\s+([^]*)$/.exec(text)
  if (found === null) {
    const names = namesIn(text.replace(/^import\s+/, ''))
    return names.map((name) => absolute(modules, name, [], from))
  }
  const [, dots = '', module = '', list = ''] = found
  const names = namesIn(list)
  return [
    dots === ''
      ? absolute(modules, module, names, from)
      : relative(modules, from, { dots: dots.length, module, names }),
  ]
}

const namesIn = (list: string): readonly string[] =>
  list
    .replaceAll(/[()]/g, '')
    .split(',')
    .map((part) => part.trim().split(/\s+/)[0] ?? '')
    .filter((name) => name !== '')
    .slice(0, MOST_NAMES)

function absolute(modules: Modules, name: string, imported: readonly string[], from: string): Resolution {
  const inside = imported.flatMap((each) => modules.exact(`${name}.${each}`) ?? [])
  const whole = modules.exact(name) ?? (inside.length === 0 ? modules.find(name, 2) : undefined)
  const paths = [...new Set([...(whole === undefined ? [] : [whole]), ...inside])].filter((path) => path !== from)
  const top = name.split('.')[0] ?? name
  return internalOr(paths, () => {
    if (STANDARD_MODULES.has(top)) return STANDARD
    return modules.isOwn(top) ? nowhere(name) : external(top)
  })
}

function relative(
  modules: Modules,
  from: string,
  { dots, module, names }: { readonly dots: number; readonly module: string; readonly names: readonly string[] },
): Resolution {
  const start = joined(folderOf(from), '../'.repeat(dots - 1))
  const shown = `${'.'.repeat(dots)}${module}`
  if (start === undefined) return nowhere(shown)
  const folder = module === '' ? start : under(start, module.replaceAll('.', '/'))
  const whole = module === '' && nameOf(from) === '__init__.py' && dots === 1 ? undefined : modules.inFolder(folder)
  const inside = names.flatMap((name) => modules.inFolder(under(folder === '' ? '.' : folder, name)) ?? [])
  const paths = [...new Set([...(whole === undefined ? [] : [whole]), ...inside])].filter((path) => path !== from)
  return internalOr(paths, () => nowhere(shown))
}
