import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createRepositories } from '#adapters/git'
import type { Repositories } from '#ports'
import { git, makeRepository, temporaryFolder, writeFiles } from '../integration/git/fixtures.ts'
import { programVectors, type Vector } from './git-program-vectors.ts'

/** A folder for hostile repositories, and the program that all of them try to have run. */
export interface HostileGround {
  readonly path: string
  readonly repositories: Repositories
  /** There as soon as the program was run. */
  readonly marker: string
  readonly script: string
  /** Every way in which a repository names a program, by what it is. */
  readonly vectors: Readonly<Record<string, Vector>>
  readonly at: (name: string) => string
  /** Makes a repository with two branches that touch the same line, a dirty file, and the vector. */
  readonly trap: (name: string, vector: Vector) => string
  /** Makes one with all vectors at once. */
  readonly trapWithAll: (name: string) => string
  readonly remove: () => void
}

/** Makes it; repositories are copies of one, as making each costs eight processes. */
export function openHostileGround(): HostileGround {
  const folder = temporaryFolder()
  const at = (name: string) => join(folder.path, name.replaceAll(/[^\w./]+/g, '-'))
  const marker = at('marker')
  const script = at('evil.sh')
  writeFileSync(script, `#!/bin/sh\ntouch ${marker}\nexit 1\n`, { mode: 0o755 })
  writeFiles(folder.path, { included: `[core]\n fsmonitor = ${script}\n`, attributes: '* filter=evil\n' })
  mkdirSync(at('hooks'))
  cpSync(script, at('hooks/pre-commit'))
  makeRepository(at('other-side'), { 'x.txt': 'x\n' })
  const vectors = programVectors({ script, at })
  const template = at('template')
  makeTemplate(template)

  function trap(name: string, { config = '', attributes = '', files = {} }: Vector): string {
    const path = at(name)
    cpSync(template, path, { recursive: true })
    if (attributes !== '') {
      writeFiles(path, { '.gitattributes': attributes })
      git(path, 'add', '.gitattributes')
      git(path, 'commit', '-q', '-m', 'attributes')
    }
    writeFiles(path, { 'a.txt': 'dirty\n', ...files })
    for (const file of Object.keys(files)) if (file.startsWith('.git/hooks/')) cpSync(script, join(path, file))
    writeFileSync(join(path, '.git/config'), config, { flag: 'a' })
    return path
  }

  const all = Object.values(vectors)
  return {
    path: folder.path,
    repositories: createRepositories({ home: at('home') }),
    marker,
    script,
    vectors,
    at,
    trap,
    trapWithAll: (name) =>
      trap(name, {
        config: all.map(({ config = '' }) => config).join('\n'),
        attributes: '* filter=evil diff=evil merge=evil ident\n',
        files: Object.assign({}, ...all.map(({ files = {} }) => files)) as Record<string, string>,
      }),
    remove: folder.remove,
  }
}

function makeTemplate(path: string): void {
  makeRepository(path, { 'a.txt': 'a\n', 'b.txt': 'b\n' })
  git(path, 'checkout', '-q', '-b', 'other')
  writeFiles(path, { 'b.txt': 'other\n' })
  git(path, 'commit', '-q', '-am', 'other')
  git(path, 'checkout', '-q', 'main')
  writeFiles(path, { 'b.txt': 'main\n' })
  git(path, 'commit', '-q', '-am', 'main')
}
