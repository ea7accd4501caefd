import process from 'node:process'

/** One line of JSON for whoever watches a process that stands. */
export type Tell = (event: string, facts?: Readonly<Record<string, string | number | boolean>>) => void

/** Writes lines on standard error, so that standard output stays with what the process offers. */
export const processLog =
  (role: string): Tell =>
  (event, facts = {}) => {
    const line = { time: new Date().toISOString(), pid: process.pid, process: role, event, ...facts }
    process.stderr.write(`${JSON.stringify(line)}\n`)
  }
