import { GanderError } from '#domain/failure'
import type { Administration, Page, PageWish, PrincipalRecord } from '#ports'
import { serverAddress, type Cli } from './cli.ts'

const PAGE = 200

/** Opens what administrators do, for one act, and closes it afterwards, however the act ends. */
export async function withAdministration<Value>(
  cli: Cli,
  act: (administration: Administration) => Promise<Value>,
): Promise<Value> {
  const { environment } = cli
  if (environment.openAdministration === undefined)
    throw new GanderError('usage', 'This program was built without its administration.')
  const url = cli.server()
  const server = url === undefined ? {} : { server: await serverAddress(cli, url) }
  const administration = await environment.openAdministration(server)
  try {
    return await act(administration)
  } finally {
    await administration.close()
  }
}

/** Every entry of a list that comes in pages. */
export async function everyPage<Item>(page: (wish: PageWish) => Promise<Page<Item>>): Promise<readonly Item[]> {
  const items: Item[] = []
  for (let cursor: string | undefined; ; ) {
    const read = await page({ limit: PAGE, ...(cursor !== undefined && { cursor }) })
    items.push(...read.items)
    if (read.next_cursor === null) return items
    cursor = read.next_cursor
  }
}

/** The principal that goes by an identifier or a name. @throws GanderError `principal_not_found` */
export async function findPrincipal(administration: Administration, typed: string): Promise<PrincipalRecord> {
  const all = await everyPage((page) => administration.principals(page))
  const found = all.find(({ id, name }) => id === typed || name === typed)
  if (found === undefined) throw new GanderError('principal_not_found', `There is no principal ${typed}.`)
  return found
}
