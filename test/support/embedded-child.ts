// A program that starts the embedded server, says so in one line of JSON, and stops it when its stdin closes.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Trouble } from '../../server/src/errors.ts'
import { startEmbedded } from '../../server/src/store/embedded.ts'

const say = (value: object) => process.stdout.write(`${JSON.stringify(value)}\n`)

try {
  const { stop, ...server } = await startEmbedded({ dataDir: process.argv[2] as string })
  const cluster = process.argv[3] ?? join(process.argv[2] as string, 'postgres')
  say({ ...server, postmaster: Number(readFileSync(join(cluster, 'postmaster.pid'), 'utf8').split('\n')[0]) })
  process.stdin.resume().on('end', async () => {
    await stop()
    process.exit(0)
  })
} catch (error) {
  const { message, hint } = error as Trouble
  say({ trouble: message, hint })
  process.exit(1)
}
