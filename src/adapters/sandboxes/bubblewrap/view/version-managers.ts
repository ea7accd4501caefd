import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type HostEnvironment, isExecutable } from '../host-programs.ts'
import { readText } from '../../fence/read-text.ts'

/**
 * Finds the real program behind a version manager's stand-in. Stand-ins fail in a sandbox: they look for their
 * configuration in the home folder, which is hidden, and some write there.
 */
export interface VersionManager {
  readonly name: string
  /** True for a PATH folder that holds this manager's stand-ins. */
  owns(folder: string): boolean
  /** Folders with the real programs, in order of preference. */
  programFolders(folder: string, tool: string, environment: HostEnvironment): readonly string[]
}

const versionsIn = (folder: string): readonly string[] => {
  try {
    return readdirSync(folder).toSorted((a, b) => b.localeCompare(a, 'en', { numeric: true }))
  } catch {
    return []
  }
}

/** `3.12` names the newest `3.12.x` that is installed. */
const matching = (wanted: string, installed: readonly string[]): string | undefined =>
  installed.find((version) => version === wanted) ?? installed.find((version) => version.startsWith(`${wanted}.`))

const pyenv: VersionManager = {
  name: 'pyenv',
  owns: (folder) => /\/\.?pyenv\/(?:plugins\/[^/]+\/)?shims$/.test(folder) || folder.endsWith('/pyenv/shims'),
  programFolders: (folder, _tool, environment) => {
    const root = environment['PYENV_ROOT'] ?? folder.replace(/\/(?:plugins\/[^/]+\/)?shims$/, '')
    const wanted = (environment['PYENV_VERSION'] ?? readText(join(root, 'version')) ?? '').split(/[\s:]+/)
    const installed = versionsIn(join(root, 'versions'))
    return wanted
      .map((version) => matching(version, installed))
      .filter((version) => version !== undefined)
      .map((version) => join(root, 'versions', version, 'bin'))
  },
}

const rustup: VersionManager = {
  name: 'rustup',
  owns: (folder) => folder.endsWith('/.cargo/bin') && isExecutable(join(folder, 'rustup')),
  programFolders: (folder, _tool, environment) => {
    const root = environment['RUSTUP_HOME'] ?? join(folder, '../../.rustup')
    const standard = /^default_toolchain\s*=\s*"([^"]+)"/m.exec(readText(join(root, 'settings.toml')) ?? '')?.[1]
    const wanted = environment['RUSTUP_TOOLCHAIN'] ?? standard
    const installed = versionsIn(join(root, 'toolchains'))
    const chosen = installed.find((name) => name === wanted || (wanted !== undefined && name.startsWith(`${wanted}-`)))
    return chosen === undefined ? [] : [join(root, 'toolchains', chosen, 'bin')]
  },
}

const volta: VersionManager = {
  name: 'volta',
  owns: (folder) => folder.endsWith('/.volta/bin'),
  programFolders: (folder, tool) => {
    const tools = join(folder, '../tools')
    const platform = readText(join(tools, 'user/platform.json')) ?? ''
    const node = /"runtime"\s*:\s*"([^"]+)"/.exec(platform)?.[1]
    const own = new RegExp(`"${tool.replaceAll(/\W/g, '')}"\\s*:\\s*"([^"]+)"`).exec(platform)?.[1]
    return [
      ...(own === undefined ? [] : [join(tools, 'image', tool, own, 'bin')]),
      ...(node === undefined ? [] : [join(tools, 'image/node', node, 'bin')]),
    ]
  },
}

const PLUGIN_OF: { readonly [tool: string]: readonly string[] } = {
  node: ['nodejs', 'node'],
  npm: ['nodejs', 'node'],
  npx: ['nodejs', 'node'],
  corepack: ['nodejs', 'node'],
  python: ['python'],
  python3: ['python'],
  pip: ['python'],
  pip3: ['python'],
  java: ['java'],
  javac: ['java'],
  mvn: ['maven'],
  go: ['golang', 'go'],
  cargo: ['rust'],
  rustc: ['rust'],
}

/** asdf and mise keep the same layout: installs/PLUGIN/VERSION/bin, chosen by .tool-versions in the home folder. */
const asdf: VersionManager = {
  name: 'asdf',
  owns: (folder) => /\/(?:\.asdf|mise|rtx)\/shims$/.test(folder),
  programFolders: (folder, tool, environment) => {
    const installs = join(folder, '../installs')
    const chosen = readText(join(environment['HOME'] ?? '/', '.tool-versions')) ?? ''
    return (PLUGIN_OF[tool] ?? []).flatMap((plugin) => {
      const installed = versionsIn(join(installs, plugin))
      const wanted = new RegExp(`^${plugin}\\s+(\\S+)`, 'm').exec(chosen)?.[1]
      const version = (wanted === undefined ? undefined : matching(wanted, installed)) ?? installed[0]
      // Go and Rust keep their programs one level deeper.
      return version === undefined
        ? []
        : ['bin', 'go/bin', 'packages/bin'].map((below) => join(installs, plugin, version, below))
    })
  },
}

/** Every manager whose stand-ins are seen through. nvm, fnm and sdkman put real programs on PATH and need none. */
export const VERSION_MANAGERS: readonly VersionManager[] = [pyenv, rustup, volta, asdf]
