import { createHash } from 'node:crypto'

/** A folder name people recognise, and that two repositories never share: the last part of the address and a hash of all. */
export function folderNameOf(repository: string): string {
  const last =
    repository
      .replace(/[/\\]+$/, '')
      .replace(/\.git$/, '')
      .split(/[/\\:]/)
      .at(-1) ?? ''
  const readable = last
    .replaceAll(/[^\w.-]+/g, '-')
    .replace(/^[.-]+/, '')
    .slice(0, 60)
  const hash = createHash('sha256').update(repository).digest('hex').slice(0, 10)
  return `${readable === '' ? 'repository' : readable}-${hash}`
}
