import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openDesk, type ToolDesk } from '../integration/tools/tool-desk.ts'

const NAMES = ['Ada Byron', 'Grace Murray', 'Mary Keller', 'Radia Perlman', 'Karen Jones', 'Barbara Huberman']
const ROWS = NAMES.map((name, at) => `${at},${name},${name.split(' ')[0]?.toLowerCase()}@mail.customers-of-acme.net`)
const FILES = {
  'data/customers.csv': `id,name,email\n${ROWS.join('\n')}\n`,
  'fixtures/sample.txt': `id,name,email\n${ROWS.join('\n')}\n`,
  'config/secrets.yml': 'key: Ada Byron\n',
  'AUTHORS.csv': `name,mail,since\n${ROWS.slice(0, 2).join('\n')}\n`,
  'src/app.js': `// written by Ada Byron\nexport const add = (a, b) => a + b\n`,
}

let desk: ToolDesk
beforeAll(async () => {
  desk = await openDesk(FILES, {})
})
afterAll(() => desk.close())

const text = async (tool: string, args: Parameters<ToolDesk['call']>[1]): Promise<string> =>
  (await desk.call(tool, args)).answer.text

describe('data about people in answers of tools', () => {
  test.each([
    ['a file that is named for people', 'data/customers.csv', 'class.rows_of_people'],
    ['a file whose rows are about people', 'fixtures/sample.txt', 'class.names_with_addresses'],
    ['a file of secrets', 'config/secrets.yml', 'class.secrets_file'],
  ])('%s is not read, not even a line of it', async (_what, path, rule) => {
    const { answer } = await desk.call('file_read', { path, start_line: 1, end_line: 2 })
    expect(answer.is_error).toBe(true)
    expect(answer.text).toContain(rule)
    expect(answer.text).not.toMatch(/Ada|Grace/)
  })

  test('rows that a command prints are kept back, and what stands around them is not', async () => {
    const said = await text('shell_exec', { argv: ['cat', 'src/app.js', 'fixtures/sample.txt', 'AUTHORS.csv'] })
    expect(said).not.toMatch(/Grace|@mail/)
    expect(said).toContain('[kept back: class.names_with_addresses]')
    expect(said).toMatch(/written by[\s\S]*id,name,email[\s\S]*name,mail,since/)
  })

  test('a search shows lines of code, and none of a file that is kept back', async () => {
    const said = await text('file_search', { pattern: 'Ada Byron' })
    expect(said).toContain('src/app.js:1: // written by Ada Byron')
    expect(said).not.toMatch(/customers\.csv:|secrets\.yml:/)
    expect(said).toContain('lines of files with secrets or data about people kept back')
  })

  test('a few names and addresses, as authors leave them, are shown', async () => {
    expect(await text('file_read', { path: 'AUTHORS.csv' })).toContain('ada@mail.customers-of-acme.net')
    expect(await text('shell_exec', { argv: ['cat', 'AUTHORS.csv', 'src/app.js'] })).toContain('Grace Murray')
  })
})
