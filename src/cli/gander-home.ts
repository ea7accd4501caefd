import { isAbsolute, join, resolve } from 'node:path'

interface Machine {
  readonly env: { readonly [name: string]: string | undefined }
  readonly platform: string
  readonly user_home: string
  readonly cwd: string
}

/**
 * Where Gander keeps everything: GANDER_HOME, or the platform's place for a program's own files. An empty variable
 * counts as absent; a relative XDG_DATA_HOME is ignored, as its specification asks.
 */
export function ganderHome({ env, platform, user_home, cwd }: Machine): string {
  const own = env['GANDER_HOME']
  if (own !== undefined && own !== '') return resolve(cwd, own)
  if (platform === 'darwin') return join(user_home, 'Library', 'Application Support', 'Gander')
  const xdg = env['XDG_DATA_HOME']
  return xdg !== undefined && isAbsolute(xdg) ? join(xdg, 'gander') : join(user_home, '.local', 'share', 'gander')
}
