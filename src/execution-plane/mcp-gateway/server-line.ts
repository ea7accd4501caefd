import { ForeignServerError, type ForeignNotice } from '#ports'
import type { McpServerConfiguration } from './configuration.ts'
import { openServer, type OpenServer, type ServerGround, type SeenOffer, type ServerPlace } from './open-server.ts'

/** How often a server is started in one run: a crash loop ends here. */
const MAX_STARTS = 3
const MAX_NOTED = 20

/** The process of one server over one run. */
export interface ServerLine {
  /** The running server, started anew where it ended. @throws ForeignServerError */
  reach(): Promise<OpenServer>
  /** What a running server offers: as it was started, or listed again where it announced a change since. */
  offered(opened: OpenServer): Promise<SeenOffer>
  /** Ends the process; the next `reach` starts another, as long as there may be one. */
  drop(): Promise<void>
  /** True when it has been started as often as it may be. */
  usedUp(): boolean
  /** What the server asked for or announced since this was last called. */
  notices(): readonly string[]
  close(): Promise<void>
}

/** What a line is made of; `open` is a server that runs already. */
export interface LineParts {
  readonly ground: ServerGround
  readonly place: ServerPlace
  readonly server: McpServerConfiguration
  readonly open?: OpenServer
}

/** Makes the line to a server. */
export function createServerLine({ ground, place, server, open }: LineParts): ServerLine {
  const noted: string[] = []
  let starts = open === undefined ? 0 : 1
  let isOver = false
  let isStale = false
  let current: Promise<OpenServer> | undefined
  const take = (opened: OpenServer): OpenServer => {
    opened.foreign.onNotice((notice) => {
      if (notice.kind === 'list_changed') isStale = true
      if (notice.kind === 'closed') void drop()
      else if (noted.length < MAX_NOTED) noted.push(wordOf(notice))
    })
    return opened
  }
  const drop = async (): Promise<void> => {
    const ended = current
    current = undefined
    isStale = false
    await ended?.then((opened) => opened.close()).catch(() => undefined)
  }
  const start = (): Promise<OpenServer> => {
    starts += 1
    const started = openServer(ground, server, place).then(take)
    started.catch(() => {
      if (current === started) current = undefined
    })
    return started
  }
  if (open !== undefined) current = Promise.resolve(take(open))
  return {
    reach: async () => {
      if (isOver) throw new ForeignServerError('closed', 'the run is over')
      if (current === undefined && starts >= MAX_STARTS)
        throw new ForeignServerError('closed', `it ended ${starts} times and is not started again in this run`)
      current ??= start()
      return current
    },
    offered: async (opened) => {
      if (!isStale) return opened
      isStale = false
      return opened.look()
    },
    drop,
    usedUp: () => starts >= MAX_STARTS && current === undefined,
    notices: () => noted.splice(0),
    close: async () => {
      isOver = true
      await drop()
    },
  }
}

const wordOf = (notice: Exclude<ForeignNotice, { kind: 'closed' }>): string =>
  notice.kind === 'list_changed' ? 'notifications/list_changed' : notice.method
