/**
 * Gander's own servers of the Model Context Protocol: one over a run's tools for a guest, one over the platform for
 * people's assistants. Decides who may connect (a token, this machine's own names) and what is shown; owns no
 * authority: a guest's calls go through the tool gateway, an assistant sees what a person sees, redacted.
 */
export { createAssistantServer } from './assistant-server.ts'
export { serveGuestTools } from './guest-tools.ts'
export { serveOverHttp, serveOverStdio } from './serve.ts'
