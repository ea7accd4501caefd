import type { SandboxDoor } from '#ports'

/** Where Gander's own node lies inside, for the bridge. */
export const BRIDGE_NODE = '/run/gander/node'

/** Where the socket of a door lies inside. */
export const doorSocket = (index: number): string => `/run/gander/door-${index}`

/**
 * Runs inside, in front of a command with doors: listens on the sandbox's own loopback, forwards each connection to the
 * socket of its door, and starts the command once every port listens. It is plain CommonJS because it is run by
 * `node -e`, and Gander's own node is bound for it: that one is surely there. Arguments: pairs of port and socket as
 * JSON, then the command.
 */
const BRIDGE_PROGRAM = `
const net = require('node:net'), { spawn } = require('node:child_process'), os = require('node:os')
const [pairs, program, ...rest] = process.argv.slice(1)
const fail = (why) => { process.stderr.write('bridge: ' + why + '\\n'); process.exit(1) }
const listen = ([port, path]) => new Promise((resolve) => {
  const server = net.createServer({ allowHalfOpen: true }, (near) => {
    const far = net.connect({ path, allowHalfOpen: true })
    const end = () => { near.destroy(); far.destroy() }
    near.on('error', end); far.on('error', end)
    near.pipe(far); far.pipe(near)
  })
  server.on('error', (error) => fail('cannot listen on ' + port + ': ' + error.code))
  server.listen(port, '127.0.0.1', resolve)
})
Promise.all(JSON.parse(pairs).map(listen)).then(() => {
  const child = spawn(program, rest, { stdio: 'inherit' })
  child.on('error', (error) => fail('cannot start ' + program + ': ' + (error.code === 'ENOENT' ? 'No such file or directory' : 'Permission denied')))
  child.on('exit', (code, signal) => process.exit(code === null ? 128 + os.constants.signals[signal] : code))
})
`

/** The command line inside that runs a command behind its doors. */
export const behindBridge = (doors: readonly SandboxDoor[], argv: readonly string[]): readonly string[] => [
  BRIDGE_NODE,
  '-e',
  BRIDGE_PROGRAM,
  '--',
  JSON.stringify(doors.map(({ port }, index) => [port, doorSocket(index)])),
  ...argv,
]
