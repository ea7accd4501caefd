import { request } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openApiWorld, type ApiWorld } from './world.ts'

let world: ApiWorld
beforeAll(async () => {
  world = await openApiWorld()
})
afterAll(() => world.close())

/** The status of a request whose body is sent in pieces, without its length. */
function inPieces(path: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const asked = request(`${world.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'transfer-encoding': 'chunked' },
    })
    asked.on('response', (response) => resolve(response.resume().statusCode)).on('error', reject)
    asked.write('{')
  })
}

test.each(['/v1/tasks', '/v1/sign-in', '/v1/policies'])(
  'a body for %s that is over a megabyte, or does not say its length, is refused unread; a long one that fits is read',
  async (path) => {
    const post = (bytes: number) => world.ask(path, { method: 'POST', body: JSON.stringify({ x: 'x'.repeat(bytes) }) })
    const large = await post(1_000_001)
    expect(large).toMatchObject({ status: 413, type: 'application/problem+json', body: { code: 'body_too_large' } })
    expect(await inPieces(path)).toBe(411)
    expect((await post(900_000)).status).toBe(422)
  },
)
