#!/usr/bin/env node
import { fileURLToPath } from 'node:url'

// Said before anything is loaded that an older one cannot read.
if (Number(process.versions.node.split('.')[0]) < 24) {
  process.stderr.write(
    `\ncountersign: Node 24 or later is needed; this is ${process.versions.node}.\n  Install it, or put it first in your PATH.\n`,
  )
  process.exit(1)
}
const { enableCompileCache } = await import('node:module')

// Compiled code is kept beside the packages, where only who installed them may write: it halves the time of a start. Threads
// and the example product find the place by the environment.
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL('../../node_modules/.cache/countersign', import.meta.url))
enableCompileCache(process.env.NODE_COMPILE_CACHE)
const { runCli } = await import('./cli/index.ts')
process.exitCode = await runCli(process.argv.slice(2), { start: async (options) => (await import('./start.ts')).start(options) })
