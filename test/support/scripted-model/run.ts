/** Runs the server on its own: `node test/support/scripted-model/run.ts SCRIPT.json [PORT]`, a list of replies in order. */
import { readFile } from 'node:fs/promises'
import { inOrder, startScriptedModel, type ScriptedReply, type WireApi } from './index.ts'

const [file, port] = process.argv.slice(2)
if (file === undefined) {
  console.error('Usage: node test/support/scripted-model/run.ts SCRIPT.json [PORT]')
  process.exit(2)
}
const replies = JSON.parse(await readFile(file, 'utf8')) as readonly ScriptedReply[]
const scripted = inOrder(replies)
const server = await startScriptedModel(
  (turn) => {
    console.log(`${turn.n} ${turn.api} ${turn.model} ${turn.phase}: ${turn.messages.length} messages`)
    return scripted(turn)
  },
  { port: Number(port ?? 0) },
)
const apis: readonly WireApi[] = ['anthropic', 'openai-chat', 'openai-responses', 'google']
for (const api of apis) console.log(`--model local:scripted --model-url ${server.url(api)} --model-api ${api}`)
