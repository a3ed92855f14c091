#!/usr/bin/env node
import { enableCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'

// Compiled code is kept beside the packages, where only who installed them may write: it halves the time of a start. Threads
// and the example product find the place by the environment.
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL('../../node_modules/.cache/countersign', import.meta.url))
enableCompileCache(process.env.NODE_COMPILE_CACHE)
const { runCli } = await import('./cli/index.ts')
process.exitCode = await runCli(process.argv.slice(2), { start: async (options) => (await import('./start.ts')).start(options) })
