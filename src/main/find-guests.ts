import { homedir } from 'node:os'
import process from 'node:process'
import { createGuests } from '#adapters/guests'
import type { Guests } from '#ports'
import { chooseDriver } from './choose-driver.ts'
import { once } from './once.ts'

/** Finds guests from this process's variables; with `try_them` each is asked for its version in a sandbox. */
export function findGuests(home: string, try_them: boolean): Guests {
  return createGuests({
    env: process.env,
    user_home: homedir(),
    cwd: process.cwd(),
    node: process.execPath,
    ...(try_them ? { driver: once(() => chooseDriver(home, process.env)) } : {}),
  })
}
