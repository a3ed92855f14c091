import { parseEnvironment } from './environment.ts'
import { type Running, start } from './start.ts'

const longestDrainMs = 5000

let running: Running | undefined
let stopping = false

async function stop(): Promise<void> {
  if (stopping) return
  stopping = true
  setTimeout(() => process.exit(1), longestDrainMs).unref()
  try {
    await running?.stop()
    process.exit(0)
  } catch (error) {
    console.error('acme: stopping failed', error)
    process.exit(1)
  }
}

process.on('SIGTERM', stop)
process.on('SIGINT', stop)

try {
  const settings = parseEnvironment(process.env)
  if (settings.exitWithParent) {
    // Our standard input is a pipe that the parent holds: it closes when the parent is gone, however that happened.
    process.stdin.on('close', stop)
    process.stdin.on('error', stop)
    process.stdin.resume()
  }
  running = await start(settings)
  process.stdout.write(`${JSON.stringify({ ready: true, url: running.url, port: running.port })}\n`)
} catch (error) {
  console.error(`acme: ${error instanceof Error ? error.message : String(error)}`)
  process.exit(1)
}
