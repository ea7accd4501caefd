// A process that joins the server of a home, says so, and leaves when its standard input ends. Started by tests.
import { Client } from 'pg'
import { ensureEmbeddedServer } from '#adapters/postgres'

const [home = ''] = process.argv.slice(2)
const server = await ensureEmbeddedServer({ home })
const client = new Client(server.owner)
await client.connect()
const answer = await client.query<{ started: string }>('select pg_postmaster_start_time()::text as started')
await client.end()
process.stdout.write(`joined ${answer.rows[0]?.started ?? ''}\n`)
process.stdin.resume()
process.stdin.on('end', () => {
  void server.leave().then(() => process.stdout.write('left\n'))
})
