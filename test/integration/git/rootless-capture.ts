import { spawn } from 'node:child_process'
import { join } from 'node:path'
import process from 'node:process'
import { createRepositories } from '#adapters/git'
import { makeRepository } from './fixtures.ts'

/** Started by the test as an ordinary user: captures from a user-namespace overlay and prints what changed. */
const [folder = ''] = process.argv.slice(2)
makeRepository(join(folder, 'repository'), { 'src/a.ts': 'a\n', 'src/b.ts': 'b\n', 'c.ts': 'c\n', 'd.ts': 'd\n' })
const repositories = createRepositories({ home: join(folder, 'home') })
const run = await repositories.open('run_1', await repositories.resolve(join(folder, 'repository'), null))
const script = `set -e
mount -t tmpfs tmpfs /mnt; mkdir /mnt/upper /mnt/work /mnt/merged
mount -t overlay -o "userxattr,lowerdir=$LOWER,upperdir=/mnt/upper,workdir=/mnt/work" overlay /mnt/merged
cd /mnt/merged; rm -r src; mkdir src; echo n > src/n.ts; rm c.ts; echo s > sealed; chmod 000 sealed; echo more >> d.ts
echo ready; exec sleep 60`
const holder = spawn('unshare', ['--user', '--map-root-user', '--mount', 'sh', '-c', script], {
  env: { PATH: process.env['PATH'] ?? '', LOWER: run.checkout },
  stdio: ['ignore', 'pipe', 'inherit'],
})
await new Promise((resolve) => holder.stdout.once('data', resolve))
const root = `/proc/${holder.pid}/root/mnt`
const answers = []
for (const merged of [undefined, `${root}/merged`]) {
  const { tree, refused } = await run.captureTree(run.source.tree, {
    kind: 'overlay',
    upper: `${root}/upper`,
    ...(merged !== undefined && { merged }),
  })
  const change = await run.diff(run.source.tree, tree)
  answers.push({ refused, change: change.files.map(({ kind, path }) => `${kind} ${path}`) })
}
process.stdout.write(JSON.stringify(answers))
holder.kill('SIGKILL')
