import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Trouble } from '../../errors.ts'
import type { Place } from './place.ts'

export type Lock = { release(): void }

const busy = 5

/**
 * Takes the folder for this process, or answers undefined where another has it. The lock is the kernel's, on a file
 * that SQLite opens exclusively: it ends with the process, however that ends, and no number in a file has to be believed.
 */
export const takeLock = (home: string): Lock | undefined => {
  const file = join(home, 'instance.lock')
  const note = join(home, 'instance.pid')
  let lock: DatabaseSync | undefined
  try {
    // Nobody else may open it: a reader could keep us out.
    writeFileSync(file, '', { flag: 'a', mode: 0o600 })
    lock = new DatabaseSync(file)
    lock.exec('begin exclusive')
    writeFileSync(note, `${process.pid}\n`)
  } catch (error) {
    lock?.close()
    if ((error as { errcode?: number }).errcode === busy) return undefined
    throw new Trouble(
      `The data folder ${home} cannot be locked: ${(error as Error).message}`,
      'It must be on a local disk with room, and writable by this user.',
      error,
    )
  }
  let held: DatabaseSync | undefined = lock
  return {
    release() {
      if (held) rmSync(note, { force: true })
      held?.close()
      held = undefined
    },
  }
}

/** Who has the folder, as far as it has said so. */
export const inUse = ({ dataDir, home }: Pick<Place, 'dataDir' | 'home'>): Trouble => {
  const note = join(home, 'instance.pid')
  const pid = existsSync(note) ? readFileSync(note, 'utf8').trim() : ''
  return new Trouble(
    `The data folder ${dataDir} is in use by another running instance (pid ${pid || 'not known yet'}).`,
    'Stop that one first, or give this one its own folder with COUNTERSIGN_DATA_DIR.',
  )
}
