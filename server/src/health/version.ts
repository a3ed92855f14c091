import { setTimeout as pause } from 'node:timers/promises'
import { sql } from 'kysely'
import type { Store } from '../store/open.ts'

/** How often one process looks, for all who follow. */
const lookMs = 1_000

type Watch = { version: string | undefined; waiting: Set<() => void>; looking: boolean }
const watches = new WeakMap<Store['pool'], Watch>()

export const readVersion = async ({ db }: Pick<Store, 'db'>): Promise<string> => {
  const { rows } = await sql<{ version: string }>`select version from health_state`.execute(db)
  return (rows[0] as { version: string }).version
}

/** Looks as long as anybody waits. A database that does not answer has nothing new. */
const look = async (store: Pick<Store, 'db' | 'pool'>, watch: Watch): Promise<void> => {
  if (watch.looking) return
  watch.looking = true
  try {
    while (watch.waiting.size > 0) {
      watch.version = await readVersion(store).catch(() => watch.version)
      for (const wake of watch.waiting) wake()
      await pause(lookMs)
    }
  } finally {
    watch.looking = false
  }
}

/** Waits until the overview is another than at `version`, whichever instance changed it; answers its version then. */
export const waitForVersion = async (
  store: Pick<Store, 'db' | 'pool'>,
  version: string,
  signal: AbortSignal,
): Promise<string | undefined> => {
  const watch = watches.get(store.pool) ?? { version: undefined, waiting: new Set(), looking: false }
  watches.set(store.pool, watch)
  return await new Promise((resolve) => {
    const end = (found: string | undefined): void => {
      watch.waiting.delete(wake)
      signal.removeEventListener('abort', stop)
      resolve(found)
    }
    const wake = (): void => {
      if (watch.version !== undefined && watch.version !== version) end(watch.version)
    }
    const stop = (): void => end(undefined)
    if (signal.aborted) return resolve(undefined)
    signal.addEventListener('abort', stop)
    watch.waiting.add(wake)
    void look(store, watch)
  })
}
