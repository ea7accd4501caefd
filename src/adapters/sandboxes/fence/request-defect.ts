import type { ReadOnlyView, SandboxNetwork, StartRequest } from '#ports'

const NUL = '\0'

/** Ports below need a privilege that no command has. */
const FIRST_PORT = 1024
const LAST_PORT = 65_535
const MOST_DOORS = 16

const doorDefect = (network: SandboxNetwork): string | undefined => {
  if (network.kind === 'none') return undefined
  const ports = network.doors.map(({ port }) => port)
  const wrong = ports.find((port) => !Number.isInteger(port) || port < FIRST_PORT || port > LAST_PORT)
  if (wrong !== undefined) return `a door cannot be at port ${wrong}; use ${FIRST_PORT} to ${LAST_PORT}`
  if (new Set(ports).size < ports.length) return 'two doors have the same port'
  if (ports.length > MOST_DOORS) return `there are more than ${MOST_DOORS} doors`
  const relative = network.doors.find(({ socket }) => !socket.startsWith('/') || socket.includes(NUL))
  return relative === undefined ? undefined : 'the socket of a door is no absolute path'
}

/** Why a request cannot be run. A NUL would end an argument early and let the rest pass as an option of bubblewrap. */
export const requestDefect = (request: StartRequest): string | undefined => {
  if (request.argv.length === 0 || request.argv[0] === '') return 'the command is empty'
  const texts = [...request.argv, request.cwd ?? '', ...Object.entries(request.env ?? {}).flat()]
  if (texts.some((text) => text.includes(NUL))) return 'an argument holds a NUL character'
  const name = Object.keys(request.env ?? {}).find((name) => name === '' || name.includes('='))
  if (name !== undefined) return `${JSON.stringify(name)} is no name of a variable`
  if (request.cwd?.startsWith('/') === true || request.cwd?.split('/').includes('..') === true) {
    return 'the folder must be relative to the workspace and stay in it'
  }
  return doorDefect(request.network)
}

/** Places that are made otherwise, or that a command may write: a view there would hide or be hidden. */
const TAKEN = /^\/(?:workspace|home\/agent|etc|usr|bin|sbin|lib\w*|proc|dev|sys|run\/gander)(?:\/|$)/

/** Why a view cannot be shown where it is asked for. */
export const viewDefect = ({ host, inner }: ReadOnlyView): string | undefined => {
  const path = [host, inner].find(
    (each) =>
      !each.startsWith('/') || each.includes(NUL) || each.split('/').some((part) => part === '..' || part === '.'),
  )
  if (path !== undefined) return `${JSON.stringify(path)} is no plain absolute path`
  if (inner === '/' || inner.endsWith('/') || TAKEN.test(inner)) return `nothing can be shown at ${inner}`
  return undefined
}
