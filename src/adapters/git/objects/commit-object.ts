import type { CommitRequest } from '#ports'
import { GanderError } from '#domain/failure'

const PLATFORM = 'Gander <gander@localhost>'

/** The bytes of a commit by the platform: the same request gives the same bytes, and so the same id. */
export function commitObject(request: CommitRequest): Buffer {
  if (!Number.isSafeInteger(request.timestamp) || request.timestamp < 0)
    throw new GanderError('internal', `${request.timestamp} is no time of a commit`)
  if (request.message.includes('\0')) throw new GanderError('internal', 'a commit message cannot hold a NUL')
  const when = `${PLATFORM} ${request.timestamp} +0000`
  return Buffer.from(
    `tree ${request.tree}\nparent ${request.parent}\nauthor ${when}\ncommitter ${when}\n\n${request.message}`,
    'utf8',
  )
}
