import { closeSync, constants, openSync } from 'node:fs'
import { Socket } from 'node:net'

/** One end that is read here and one that a command writes to. */
interface OutputPipe {
  readonly fd: number
  readonly stream: Socket
}

/** A pair of pipes lent to one command. */
export interface PipeLease {
  readonly out: OutputPipe
  readonly err: OutputPipe
  /** Closes our copies of the writing ends once the command has its own. */
  handedOver(): void
  /** Ends the loan; a pair that some process may still hold is not lent again. */
  giveBack(clean: boolean): void
}

/**
 * Named pipes for the output of commands. Node's own pipes are sockets, which cannot be opened again by path: with them
 * `echo x > /dev/stderr` fails inside. Where none is free, Node's are used.
 */
export interface OutputPipes {
  take(): PipeLease | undefined
}

const open = (path: string): OutputPipe => {
  const reading = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    return {
      fd: openSync(path, constants.O_WRONLY),
      stream: new Socket({ fd: reading, readable: true, writable: false }),
    }
  } catch (error) {
    closeSync(reading)
    throw error
  }
}

/** Pipes `0.out`, `0.err` and so on in a folder. */
export const openOutputPipes = (folder: string, pairs: number): OutputPipes => {
  const free = Array.from({ length: pairs }, (_, index) => index)
  return {
    take: () => {
      const index = free.pop()
      if (index === undefined) return undefined
      const out = open(`${folder}/${index}.out`)
      const err = open(`${folder}/${index}.err`)
      let ours = true
      const handedOver = (): void => {
        if (!ours) return
        ours = false
        closeSync(out.fd)
        closeSync(err.fd)
      }
      return {
        out,
        err,
        handedOver,
        giveBack: (clean) => {
          handedOver()
          out.stream.destroy()
          err.stream.destroy()
          if (clean) free.push(index)
        },
      }
    },
  }
}
