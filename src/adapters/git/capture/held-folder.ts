import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  type BigIntStats,
} from 'node:fs'

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK } = constants

/**
 * A folder held open. Everything in it is reached through the descriptor, one component at a time and never through a
 * symbolic link, so that nothing outside is read however the folders around it are exchanged. Names are bytes (latin1).
 */
export class HeldFolder {
  readonly fd: number

  private constructor(fd: number) {
    this.fd = fd
  }

  /** Opens a folder by an absolute path whose last component is no link. */
  static at(path: string): HeldFolder {
    return new HeldFolder(openSync(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW))
  }

  /** The path of an entry for calls that do not follow its last component. */
  path(name: string): Buffer {
    return Buffer.from(`/proc/self/fd/${this.fd}/${name}`, 'latin1')
  }

  folder(name: string): HeldFolder {
    return new HeldFolder(openSync(this.path(name), O_RDONLY | O_DIRECTORY | O_NOFOLLOW))
  }

  names(): readonly string[] {
    return readdirSync(`/proc/self/fd/${this.fd}`, { encoding: 'latin1' })
  }

  stat(name: string): BigIntStats | undefined {
    return lstatSync(this.path(name), { bigint: true, throwIfNoEntry: false })
  }

  /** Target of a symbolic link, as bytes. */
  link(name: string): Buffer {
    return readlinkSync(this.path(name), { encoding: 'buffer' })
  }

  /** Content of a regular file of at most `most` bytes; undefined when it is something else or larger by now. */
  read(name: string, most: number): Buffer | undefined {
    const fd = openSync(this.path(name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
    try {
      const stat = fstatSync(fd)
      return stat.isFile() && stat.size <= most ? readWhole(fd, stat.size, most) : undefined
    } finally {
      closeSync(fd)
    }
  }

  close(): void {
    closeSync(this.fd)
  }
}

function readWhole(fd: number, expected: number, most: number): Buffer | undefined {
  let bytes = Buffer.allocUnsafe(Math.min(expected, most) + 1)
  let length = 0
  for (
    let count = readSync(fd, bytes, 0, bytes.length, null);
    count > 0;
    count = readSync(fd, bytes, length, bytes.length - length, null)
  ) {
    length += count
    if (length > most) return undefined
    if (length === bytes.length) bytes = Buffer.concat([bytes, Buffer.allocUnsafe(length)])
  }
  return bytes.subarray(0, length)
}
