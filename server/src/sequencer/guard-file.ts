import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Checkpoint, verifyCheckpoint } from '@countersign/log/checkpoint.ts'
import { Stop } from './load-edge.ts'
import type { LogKey } from './log-key.ts'

/** Where the newest checkpoint that was signed here is kept, outside the database. */
export const guardPath = (dataDir: string): string => join(dataDir, 'log', 'checkpoint')

/** The newest checkpoint that was signed here; undefined before the first. */
export const readGuard = async (dataDir: string, key: LogKey): Promise<Checkpoint | undefined> => {
  const path = guardPath(dataDir)
  let note: string
  try {
    note = await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new Stop(`The last checkpoint signed here cannot be read: ${(error as Error).message}`)
  }
  try {
    return await verifyCheckpoint(note, [key.verifier])
  } catch (error) {
    throw new Stop(`${path} is not a checkpoint of this log: ${(error as Error).message}`)
  }
}

const syncFolder = async (path: string): Promise<void> => {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** Replaces the kept checkpoint, durably. Before a checkpoint is shown to anyone it is kept here. */
export const writeGuard = async (dataDir: string, note: string): Promise<void> => {
  const path = guardPath(dataDir)
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const draft = `${path}.${process.pid}`
  const file = await open(draft, 'w', 0o600)
  try {
    await file.writeFile(note)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(draft, path)
  if (process.platform !== 'win32') await syncFolder(dirname(path))
}
