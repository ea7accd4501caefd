import { chmod, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { GuestAdmission } from '#ports'
import { serveGuest, type GuestAnswering } from './serve-guest.ts'

/** A channel as the gateway's program makes it. */
interface Door extends GuestAnswering {
  readonly id: string
  readonly token: string
  readonly over: Promise<void>
  close(): Promise<void>
}

/** Who admits guests. */
export interface GuestHost {
  admit(admission: GuestAdmission): Promise<Door>
}

/** What a worker is given for its guest. */
interface OpenedDoor {
  readonly id: string
  readonly socket: string
  readonly token: string
}

/** The sockets of all guests of one gateway. */
export interface GuestDoors {
  open(admission: GuestAdmission): Promise<OpenedDoor>
  /** Ends a channel and waits for its calls; one that is not open is closed already. */
  close(id: string): Promise<void>
  closeAll(): Promise<void>
  readonly count: number
}

/** Makes the folder of the doors anew: what an earlier gateway left there belongs to nobody. */
export async function makeGuestDoors(folder: string, host: GuestHost): Promise<GuestDoors> {
  const doors = new Map<string, () => Promise<void>>()
  await rm(folder, { recursive: true, force: true })
  const close = async (id: string): Promise<void> => doors.get(id)?.()
  return {
    get count() {
      return doors.size
    },
    close,
    closeAll: async () => {
      await Promise.allSettled([...doors.keys()].map(close))
    },
    async open(admission) {
      const door = await host.admit(admission)
      const socket = join(folder, `${door.id}.sock`)
      await mkdir(folder, { recursive: true, mode: 0o700 })
      await chmod(folder, 0o711)
      const stop = await serveGuest(socket, door)
      let closing: Promise<void> | undefined
      doors.set(door.id, () => {
        closing ??= door.close()
        return closing.then(() => over)
      })
      const over = door.over.then(stop).finally(() => doors.delete(door.id))
      over.catch(() => undefined)
      return { id: door.id, socket, token: door.token }
    },
  }
}
