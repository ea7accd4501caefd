import { expect, test } from 'vitest'
import { socketFolder } from './cluster-folders.ts'

test('a socket stays under the home while its path fits into an address', () => {
  expect(socketFolder('/home/ada/.gander/postgres', 1000)).toBe('/home/ada/.gander/postgres/socket')
})

test('a deep home gets a short folder of its own, the same for every process of the user', () => {
  const deep = `/home/ada/${'deep/'.repeat(20)}postgres`
  const folder = socketFolder(deep, 1000)
  expect(`${folder}/.s.PGSQL.5432`.length).toBeLessThan(107)
  expect(folder).toBe(socketFolder(deep, 1000))
  expect(folder).not.toBe(socketFolder(`${deep}2`, 1000))
  expect(folder).not.toBe(socketFolder(deep, 1001))
  expect(socketFolder(deep, 0)).toMatch(/^\/run\//)
})
