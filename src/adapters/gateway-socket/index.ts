/**
 * The way to the model gateway's process: a unix socket that only this user can open, and TLS for other hosts' workers. Decides when a gateway is started,
 * found dead, replaced by a newer program or left alone; owns the socket, its wire format and the process's start. Keys
 * cross the socket into memory; settings go over standard input; nothing secret is an argument or a variable.
 */
export { ensureGateway, type GatewayConnection } from './ensure-gateway.ts'
export { forwardRequest } from './forward-request.ts'
export { isServed } from './gateway-health.ts'
export { remoteGateway, type RemoteGateway } from './remote-gateway.ts'
export { fingerprintOf, selfSigned, type OwnCertificate } from './self-signed.ts'
export { programVersion } from './program-version.ts'
export { serveGateway } from './serve-gateway.ts'
export { socketPath } from './socket-path.ts'
export { gatewayInFront, readSettings, type GatewaySettings } from './start-gateway.ts'
