import type { Ground } from '../ground/ground.ts'
import { nameOf } from '../ground/path-parts.ts'
import { stringOf } from '../ground/read-json.ts'
import type { Manifests } from './manifests.ts'

/** What the way to build depends on, beside the manifests. */
export interface BuildGround {
  readonly has: (path: string) => boolean
  readonly manifests: Manifests
  /** The program that runs scripts of package.json. */
  readonly node: 'npm' | 'pnpm' | 'yarn' | 'bun'
  /** True where something of the repository asks for pytest. */
  readonly pytest: boolean
}

/** What the makers of commands look at. */
export function buildGround(ground: Ground, manifests: Manifests): BuildGround {
  const has = (path: string): boolean => ground.has(path)
  const lock = ([...PACKAGE_MANAGERS.entries()].find(([name]) => has(name)) ?? [])[1]
  const declared = /^(npm|pnpm|yarn|bun)@/.exec(
    stringOf(manifests.node.get('package.json')?.['packageManager']) ?? '',
  )?.[1]
  const asks = (value: unknown): boolean => JSON.stringify(value).includes('pytest')
  return {
    has,
    manifests,
    node: lock ?? (declared === 'pnpm' || declared === 'yarn' || declared === 'bun' ? declared : 'npm'),
    pytest:
      has('pytest.ini') ||
      ground.files.some(({ path }) => nameOf(path) === 'conftest.py') ||
      [...manifests.pyproject.values()].some(asks) ||
      [...manifests.texts].some(([path, text]) => /\.(txt|cfg|ini|py)$/.test(path) && text.includes('pytest')),
  }
}

const PACKAGE_MANAGERS = new Map([
  ['pnpm-lock.yaml', 'pnpm'],
  ['yarn.lock', 'yarn'],
  ['bun.lock', 'bun'],
  ['bun.lockb', 'bun'],
  ['package-lock.json', 'npm'],
] as const)
