/** A real HTTP server that speaks the four wire formats with made-up answers, and remembers everything it was sent. */
export {
  inOrder,
  type Script,
  type ScriptedReply,
  type ScriptedTurn,
  type WireApi,
} from './script.ts'
export { startScriptedModel, type ScriptedModel, type SeenRequest } from './server.ts'
