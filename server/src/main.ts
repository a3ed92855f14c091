#!/usr/bin/env node
import { enableCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'

// Compiled code is kept beside the packages, where only who installed them may write: it halves the time of a start.
enableCompileCache(fileURLToPath(new URL('../../node_modules/.cache/countersign', import.meta.url)))
const { runCli } = await import('./cli/index.ts')
process.exitCode = await runCli(process.argv.slice(2), { start: async (options) => (await import('./start.ts')).start(options) })
