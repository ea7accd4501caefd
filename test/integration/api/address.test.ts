import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { fastify } from 'fastify'
import { expect, test } from 'vitest'
import { listening } from '../../../src/main/open-api.ts'

test('a port that another program has is named, with what to do, after everything was closed', async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const { port } = taken.address() as AddressInfo
  const api = fastify()
  let closed = false
  const close = async () => {
    await api.close()
    closed = true
  }
  await expect(listening(api, { host: '127.0.0.1', port }, close)).rejects.toMatchObject({
    code: 'address_unavailable',
    message: `Port ${port} of 127.0.0.1 cannot be listened on. Another program listens there.`,
  })
  expect(closed).toBe(true)
  taken.close()
})

test('an address that this machine does not have is named', async () => {
  const api = fastify()
  const asked = listening(api, { host: '203.0.113.7', port: 0 }, () => api.close())
  await expect(asked).rejects.toMatchObject({ code: 'address_unavailable' })
})
