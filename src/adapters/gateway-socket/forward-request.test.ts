import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import { forwardWithin } from './forward-request.ts'

it('a provider that falls silent in the middle is left, and one that only takes its time is heard', async () => {
  let gap_ms = 10_000
  const server = createServer((_, response) => {
    response.writeHead(200).write('a')
    setTimeout(() => response.end('b'), gap_ms).unref()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const model = { provider: 'p', model: 'm', api: 'anthropic', url: `http://127.0.0.1:${port}` } as const
  const hear = async () => {
    const request = { model, path: '/messages', headers: {}, body: '{}' }
    const { body } = await forwardWithin(600, request, new AbortController().signal)
    let text = ''
    for await (const chunk of body) text += Buffer.from(chunk).toString()
    return text
  }
  await expect(hear()).rejects.toThrow()
  gap_ms = 100
  expect(await hear()).toBe('ab')
  server.closeAllConnections()
  server.close()
})
