import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** No attribute of a tree may change bytes on the way out, hide a file from a diff, or name a driver. */
const ATTRIBUTES =
  '* -text !eol !crlf -ident !filter !working-tree-encoding !diff !merge !export-ignore !export-subst !whitespace\n'

/** Writes an empty bare repository of our own: no templates, no hooks, attributes overruled. */
export async function writeTrustedRepository(git_dir: string, id_length: number): Promise<void> {
  await mkdir(git_dir, { recursive: true, mode: 0o700 })
  for (const folder of ['objects/pack', 'objects/info', 'refs/heads', 'refs/tags', 'info'])
    await mkdir(join(git_dir, folder), { recursive: true })
  await Promise.all([
    writeFile(join(git_dir, 'HEAD'), 'ref: refs/heads/none\n'),
    writeFile(join(git_dir, 'config'), configuration(id_length)),
    writeFile(join(git_dir, 'info', 'attributes'), ATTRIBUTES),
  ])
}

function configuration(id_length: number): string {
  const core = '[core]\n\trepositoryFormatVersion = VERSION\n\tbare = true\n'
  if (id_length === 40) return core.replace('VERSION', '0')
  return `${core.replace('VERSION', '1')}[extensions]\n\tobjectFormat = sha256\n`
}
