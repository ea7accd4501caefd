/** The folder of a path; `.` for what stands at the root. */
export const folderOf = (path: string): string => (path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '.')

/** The last part of a path. */
export const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1)

/** The last part without its ending: `retry` for `src/retry.test.ts`'s `retry.test` is not cut further. */
export const stemOf = (path: string): string => nameOf(path).replace(/\.[^.]+$/, '')

/** A path below a folder, where `.` is the root. */
export const under = (folder: string, path: string): string =>
  folder === '.' || folder === '' ? path : `${folder}/${path}`

/** A folder and all that hold it, the nearest first, the root as `.` last. */
export function upwards(folder: string): readonly string[] {
  const found: string[] = []
  for (let at = folder; at !== '.'; at = folderOf(at)) found.push(at)
  return [...found, '.']
}

/** The first two folders of a path; `.` for what stands at the root. */
export function twoDeep(path: string): string {
  const first = path.indexOf('/')
  if (first < 0) return '.'
  const second = path.indexOf('/', first + 1)
  return path.slice(0, second < 0 ? first : second)
}

/** Takes `.` and `..` out of a path; undefined where it leaves the repository. */
export function joined(folder: string, path: string): string | undefined {
  const parts = folder === '.' || folder === '' ? [] : folder.split('/')
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue
    if (part !== '..') parts.push(part)
    else if (parts.pop() === undefined) return undefined
  }
  return parts.join('/')
}

/** A name as one word of a shell, and never an option of the program it is given to. */
export function shellWord(word: string): string {
  const plain = word.startsWith('-') ? `./${word}` : word
  return /^[\w./@%+=:,-]+$/.test(plain) ? plain : `'${plain.replaceAll("'", String.raw`'\''`)}'`
}
