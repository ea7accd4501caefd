import { resolve } from 'node:path'
import { print, printJson, type Cli, type Verb } from '../cli.ts'
import type { BackupSummary } from '../audit-desk.ts'
import { counted, size } from '../screen/figures.ts'
import { withDesk } from './audit.ts'

interface BackupFlags {
  readonly withKeys?: boolean
  readonly json?: boolean
}

/** `gander backup DIR`: everything of this home as of one moment, while it works. */
export const addBackup: Verb = (program, cli) => {
  program
    .command('backup')
    .summary('copy everything of this home, while it works')
    .description('Copies the database as of one moment, artifacts, forge, runs, checkpoints and configuration.')
    .argument('<folder>', 'a new or empty folder')
    .option('--with-keys', 'also the secrets: keys of providers, tokens, and the key that signs checkpoints')
    .option('--json', 'one JSON object on one line')
    .action(async (folder: string, flags: BackupFlags) => {
      const wish = { with_keys: flags.withKeys === true }
      const made = await withDesk(cli, (desk) => desk.backup(resolve(cli.environment.cwd, folder), wish), 'this home')
      const secrets = made.with_keys
        ? 'It holds secrets: keep it as you keep them.'
        : 'The secrets stayed here; --with-keys takes them along.'
      told(cli, made, flags.json === true, [secrets])
    })
}

/** `gander restore DIR`: a backup into a new home. */
export const addRestore: Verb = (program, cli) => {
  program
    .command('restore')
    .summary('bring a backup back, into a new home')
    .description('Restores a backup into GANDER_HOME, which must be new.')
    .argument('<folder>', 'made by `gander backup`')
    .option('--json', 'one JSON object on one line')
    .action(async (folder: string, flags: { readonly json?: boolean }) => {
      const { cwd, user, home } = cli.environment
      const made = await withDesk(cli, (desk) => desk.restore(resolve(cwd, folder), user), 'this home')
      told(cli, made, flags.json === true, [
        `It is in ${home}, as of ${made.taken_at}.`,
        '`gander audit verify` tells whether something happened after this backup that another place still knows.',
      ])
    })
}

function told(cli: Cli, made: BackupSummary, json: boolean, more: readonly string[]): void {
  if (json) return printJson(cli, made)
  const { rows, tables, files, bytes, folder } = made
  print(cli, [
    `${folder}  ${counted(rows, 'row')} of ${counted(tables, 'table')}, ${counted(files, 'file')}, ${size(bytes)}`,
    ...more,
  ])
}
