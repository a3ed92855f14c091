#!/usr/bin/env node
import { runCli } from './cli/index.ts'
import { start } from './start.ts'

process.exitCode = await runCli(process.argv.slice(2), { start })
