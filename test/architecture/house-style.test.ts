import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, test } from 'vitest'

const tracked = execFileSync('git', ['ls-files', '-z'], { encoding: 'utf8' })
  .split('\0')
  .filter((path) => path !== '' && existsSync(path))
const source = tracked.filter((path) => /^(src|scripts|test|bench)\/.*\.ts$/.test(path) && !path.includes('/fixtures/'))
const read = (path: string) => readFileSync(path, 'utf8')

const EMPTY_NAMES = /(^|-)(utils?|helpers?|common|misc|manager|service|base|lib|data|info)(\.test)?\.ts$/

describe('the house style', () => {
  test('no file is named for nothing', () => {
    expect(source.filter((path) => EMPTY_NAMES.test(basename(path)))).toEqual([])
  })

  test('files are kebab-case', () => {
    expect(source.filter((path) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.test)?\.ts$/.test(basename(path)))).toEqual([])
  })

  test('every room has a door that says in at most eight lines what it decides and owns', () => {
    const planes = ['control-plane', 'execution-plane', 'evidence-plane']
    const rooms = planes.flatMap((plane) => {
      const folder = join('src', plane)
      return existsSync(folder) ? readdirSync(folder).map((room) => join(folder, room)) : []
    })
    const doors = rooms.map((room) => join(room, 'index.ts')).filter((door) => tracked.includes(door))
    const silent = doors.filter((door) => {
      const header = /^\/\*\*[\s\S]*?\*\//.exec(read(door))?.[0]
      return header === undefined || header.split('\n').length > 10
    })
    expect(doors.length).toBeGreaterThan(0)
    expect(silent).toEqual([])
  })

  test('no path of a machine and no registry host is written down', () => {
    const text = tracked.filter((path) => !/(^package-lock\.json|^LICENSE|\.(png|ico|tgz))$/.test(path))
    const own = 'test/architecture/house-style.test.ts'
    const found = text.filter(
      (path) => path !== own && /\/(work|root)\/(main|shared)\b|"resolved": "https?:/.test(read(path)),
    )
    expect(found).toEqual([])
    expect(read('package-lock.json')).not.toContain('"resolved": "http')
  })

  test('no test is focused', () => {
    const tests = source.filter((path) => path.endsWith('.test.ts'))
    expect(tests.filter((path) => /^\s*(test|it|describe)\.only\(/m.test(read(path)))).toEqual([])
  })
})
