import { describe, expect, it } from 'vitest'
import { surveyOf } from '../../../../test/support/survey-of-files.ts'
import { ownersOf, readCodeOwners } from './code-owners.ts'

const DAY = 86_400
const NOW = 2_000 * DAY
const commit = (author: string, days_ago: number, paths = ['src/a.ts']) => ({
  author,
  time: NOW - days_ago * DAY,
  message: 'change',
  paths,
})

describe('who knows a file', () => {
  it('is weighed by age, bots are left out, and people who left come last', async () => {
    const past = [
      commit('new', 0),
      { ...commit('robot', 0), bot: true },
      commit('fading', 180),
      commit('fading', 180),
      ...Array.from({ length: 9 }, () => commit('left', 500)),
    ]
    const survey = await surveyOf({ 'src/a.ts': '' }, past)
    expect(await survey.knowersOf('src/a.ts')).toEqual([
      { id: 'fading', changes: 2, share: 0.3, active: true },
      { id: 'new', changes: 1, share: 0.3, active: true },
      { id: 'left', changes: 9, share: 0.4, active: false },
    ])
    const { history } = (await survey.maps()).ownership
    expect(history).toMatchObject({ commits: 13, of_bots: 1, shallow: false })
  })

  it('is not told by the last commit of a shallow clone, which changed nothing', async () => {
    const past = [commit('ada', 0), { ...commit('bob', 1), parentless: true }]
    const ids = async (is_shallow: boolean) =>
      (await (await surveyOf({ 'src/a.ts': '' }, past, is_shallow)).knowersOf('src/a.ts')).map(({ id }) => id)
    expect(await ids(true)).toEqual(['ada'])
    expect(await ids(false)).toEqual(['ada', 'bob'])
  })
})

describe('CODEOWNERS', () => {
  it('has sections on GitLab alone: on GitHub a line that begins with brackets is a pattern', async () => {
    const text = '* @all\n[id] @page\nweb/[id]/ @web\n'
    const owners = async (files: Readonly<Record<string, string>>) => {
      const survey = await surveyOf({ ...files, '[id]': '', 'web/[id]/a.ts': '', 'b.ts': '' })
      return ['[id]', 'web/[id]/a.ts', 'b.ts'].map((path) => survey.ownersOf(path).join(' '))
    }
    expect(await owners({ '.github/CODEOWNERS': text })).toEqual(['@page', '@web', '@all'])
    expect(await owners({ CODEOWNERS: text, '.github/workflows/a.yml': '' })).toEqual(['@page', '@web', '@all'])
    expect(await owners({ CODEOWNERS: text, '.gitlab-ci.yml': '' })).toEqual(['@all', '@all @web', '@all'])
  })

  it('of many thousand lines gives each path its last rule, and one of three megabytes is said not to be read', async () => {
    const lines = Array.from({ length: 20_000 }, (_, n) => `/src/p${n}/ @t${n}`)
    const rules = readCodeOwners(['* @all', '*.md @docs', 'build/ @ci', '/src/*/x @x', ...lines].join('\n'))
    expect(
      ['src/p19999/a', 'src/p7/x', 'a/build/b.c', 'a/notes.v2.md', 'src/p/x', 'Z'].map((path) => ownersOf(rules, path)),
    ).toEqual([['@t19999'], ['@t7'], ['@ci'], ['@docs'], ['@x'], ['@all']])
    const { ownership } = await (
      await surveyOf({ CODEOWNERS: `* @all\n${'# x\n'.repeat(800_000)}`, 'a.ts': '' })
    ).maps()
    expect(ownership).toMatchObject({ codeowners: 'CODEOWNERS', codeowners_read: false, owned_files: 0 })
  })
})
