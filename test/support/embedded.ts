import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, renameSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Embedded } from '../../server/src/store/embedded.ts'
import { doOnce, server } from './database.ts'
import { newDataDir, startProgram } from './program.ts'

export type Said = Omit<Embedded, 'stop'> & { postmaster: number; trouble?: string; hint?: string }

/** A data folder of a test's own: where the run keeps everything, or on a disk where the test is about what lasts. */
export const newFolder = ({ onDisk = false } = {}): ReturnType<typeof newDataDir> => newDataDir(onDisk ? tmpdir() : server().folder)

/**
 * Fills a new folder as the program leaves it after a first start with the example product, which is had once a run: for tests that
 * are about what comes later.
 */
export const fillFolder = async (folder: string): Promise<void> => {
  const { path } = await doOnce('data-folder', async (at) => {
    const first = newFolder()
    const program = await startProgram(first.path, { ACME_TRAFFIC: '0' })
    await program.stop()
    renameSync(first.path, at.path)
  })
  // Its database may lie elsewhere, where the server's user gets to; then the start makes another.
  if (!existsSync(join(path, 'postgres.at'))) execFileSync('cp', ['-a', `${path}/.`, folder])
}

/** Another program that starts the server of this folder: what it said first, and how to end it. */
export const startElsewhere = async (
  dataDir: string,
  options: { uid?: number; gid?: number; env?: NodeJS.ProcessEnv; cluster?: string; repository?: string } = {},
): Promise<{ said: Said; child: ChildProcess; end(): Promise<void>; kill(): Promise<void> }> => {
  const { uid, gid, env, cluster, repository } = options
  const script = repository
    ? join(repository, 'test/support/embedded-child.ts')
    : fileURLToPath(new URL('./embedded-child.ts', import.meta.url))
  const child = spawn(process.execPath, [script, dataDir, ...(cluster ? [cluster] : [])], {
    ...(uid === undefined ? {} : { uid, gid }),
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const exit = once(child, 'exit')
  const line = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve)
    child.once('exit', (code) => reject(new Error(`it ended with ${code} and said nothing`)))
  })
  return {
    said: JSON.parse(line) as Said,
    child,
    end: async () => {
      child.stdin.end()
      await exit
    },
    kill: async () => {
      child.kill('SIGKILL')
      await exit
    },
  }
}
