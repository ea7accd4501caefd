/**
 * The client side of the Model Context Protocol. Decides how a foreign tool server is spoken with: framing and size of
 * messages, time limits, and that every request of the server's own (sampling, elicitation, roots) is refused.
 * Owns no authority: which server, which tool and what becomes of an answer is decided by the gateway.
 */
export { createForeignServers } from './foreign-servers.ts'
