/**
 * pi speaks no Model Context Protocol, but takes extensions: this one offers it the tools of the run. Runs inside the
 * sandbox, as plain JavaScript. It asks over node:http, which waits as long as the project's checks take.
 */
export const PI_EXTENSION = `import { request } from 'node:http'

const url = process.env.GANDER_TOOLS_URL
const headers = {
  authorization: 'Bearer ' + process.env.GANDER_TOOLS_TOKEN,
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
}

const post = (body, signal) =>
  new Promise((settle, fail) => {
    const sent = request(url, { method: 'POST', headers, signal }, (answer) => {
      let text = ''
      answer.setEncoding('utf8')
      answer.on('data', (piece) => (text += piece)).on('error', fail)
      answer.on('end', () => settle(text))
    })
    sent.on('error', fail)
    sent.end(body)
  })

async function ask(method, params, signal) {
  const text = await post(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }), signal)
  const line = text.split('\\n').findLast((each) => each.startsWith('data:'))
  const { result, error } = JSON.parse(line === undefined ? text : line.slice(5))
  if (error !== undefined) throw new Error(error.message)
  return result
}

export default async function (pi) {
  const { tools } = await ask('tools/list', {})
  for (const { name, description, inputSchema } of tools)
    pi.registerTool({
      name: 'gander_' + name,
      label: name,
      description,
      parameters: inputSchema,
      async execute(id, args, signal) {
        const { content, isError } = await ask('tools/call', { name, arguments: args }, signal)
        const text = content.map((part) => part.text ?? '').join('')
        if (isError) throw new Error(text)
        return { content: [{ type: 'text', text }], details: {} }
      },
    })
}
`
