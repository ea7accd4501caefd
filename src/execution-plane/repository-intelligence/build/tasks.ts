import type { BuildTask } from '#ports'
import { shellWord, under } from '../ground/path-parts.ts'
import { fieldsOf } from '../ground/read-json.ts'
import type { BuildGround } from './build-ground.ts'

/** Scripts and targets that the manifests of a folder declare. */
export function tasksOf(path: string, { manifests, node }: BuildGround): readonly BuildTask[] {
  const at_root = path === '.'
  const folder = shellWord(path)
  const scripts = Object.keys(fieldsOf(manifests.node.get(under(path, 'package.json'))?.['scripts']))
  const in_folder = { npm: '--prefix', pnpm: '-C', yarn: '--cwd', bun: '--cwd' }[node]
  const run = at_root ? `${node} run` : `${node} ${in_folder} ${folder} run`
  const composer = Object.keys(fieldsOf(manifests.composer.get(under(path, 'composer.json'))?.['scripts']))
  const makefile = manifests.texts.get(under(path, 'Makefile')) ?? manifests.texts.get(under(path, 'makefile')) ?? ''
  const just = manifests.texts.get(under(path, 'justfile')) ?? manifests.texts.get(under(path, 'Justfile')) ?? ''
  return [
    ...scripts.map((name) => ({ name, command: `${run} ${shellWord(name)}` })),
    ...composer
      .filter((name) => !/^(pre|post)-/.test(name))
      .map((name) => ({ name, command: `composer ${at_root ? '' : `-d ${folder} `}${shellWord(name)}` })),
    ...targetsOf(makefile).map((name) => ({
      name,
      command: `make ${at_root ? '' : `-C ${folder} `}${shellWord(name)}`,
    })),
    ...recipesOf(just).map((name) => ({
      name,
      command: `just ${at_root ? '' : shellWord(`${path}/`)}${shellWord(name)}`,
    })),
    ...toxOf(manifests.texts.get(under(path, 'tox.ini'))).map((name) => ({
      name: `tox ${name}`,
      command: `tox ${at_root ? '' : `-c ${folder} `}-e ${shellWord(name)}`,
    })),
  ]
}

/** Targets of a Makefile that are no files, patterns or variables. */
const targetsOf = (text: string): readonly string[] => [
  ...new Set([...text.matchAll(/^([A-Za-z][\w-]*)[ \t]*:(?![=:])/gm)].map(([, name = '']) => name)),
]

const recipesOf = (text: string): readonly string[] =>
  [...text.matchAll(/^@?([A-Za-z][\w-]*)(?:[ \t][^:=\n]*)?:(?!=)/gm)].map(([, name = '']) => name)

const toxOf = (text = ''): readonly string[] =>
  [...text.matchAll(/^\[testenv:([\w.-]+)\]/gm)].map(([, name = '']) => name)
