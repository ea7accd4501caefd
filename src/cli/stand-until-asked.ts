import type { Cli } from './cli.ts'
import type { Standing } from './environment.ts'

/** Stands until it ends by itself or Ctrl-C or SIGTERM asks it to leave; asked twice the process ends at once. */
export async function standUntilAsked({ environment }: Cli, standing: Omit<Standing, 'about'>): Promise<void> {
  const asked = Promise.withResolvers<'asked'>()
  let times = 0
  environment.onInterrupt(() => {
    if (times++ > 0) environment.leave(0)
    asked.resolve('asked')
  })
  await Promise.race([asked.promise, standing.ended])
  await standing.close()
}

/** What every process that stands says about leaving. */
export const HOW_TO_LEAVE = '  Ctrl-C or SIGTERM takes no more and leaves; twice leaves at once.'
