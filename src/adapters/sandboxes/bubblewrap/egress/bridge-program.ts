/** Where the way out begins inside: the proxy address that commands of a setup phase are told. */
export const BRIDGE_PORT = 3128
/** Where the program and the socket lie inside. */
export const BRIDGE_NODE = '/run/gander/node'
export const BRIDGE_SOCKET = '/run/gander/registry.sock'

/**
 * Runs inside, in front of a setup command: listens on the sandbox's own loopback, forwards each connection to the
 * bind-mounted socket, and starts the command once it listens. It is plain CommonJS because it is run by `node -e`, and
 * Gander's own node is bound for it: that one is surely there.
 */
const BRIDGE_PROGRAM = `
const net = require('node:net'), { spawn } = require('node:child_process'), os = require('node:os')
const server = net.createServer({ allowHalfOpen: true }, (near) => {
  const far = net.connect({ path: '${BRIDGE_SOCKET}', allowHalfOpen: true })
  const end = () => { near.destroy(); far.destroy() }
  near.on('error', end); far.on('error', end)
  near.pipe(far); far.pipe(near)
})
server.listen(${BRIDGE_PORT}, '127.0.0.1', () => {
  const [program, ...rest] = process.argv.slice(1)
  const child = spawn(program, rest, { stdio: 'inherit' })
  child.on('error', (error) => {
    process.stderr.write('bridge: cannot start ' + program + ': ' + (error.code === 'ENOENT' ? 'No such file or directory' : 'Permission denied') + '\\n')
    process.exit(1)
  })
  child.on('exit', (code, signal) => process.exit(code === null ? 128 + os.constants.signals[signal] : code))
})
`

/** The command line inside that runs a command behind the bridge. */
export const behindBridge = (argv: readonly string[]): readonly string[] => [
  BRIDGE_NODE,
  '-e',
  BRIDGE_PROGRAM,
  '--',
  ...argv,
]
