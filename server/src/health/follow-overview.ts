import { consoleRoles } from '@countersign/contract/staff.ts'
import type { Ctx } from '../access/ctx.ts'
import type { StaffPrincipal } from '../access/principal.ts'
import { verb } from '../access/verb.ts'
import { readVersion, waitForVersion } from './version.ts'

type Followed = {
  version: string
  /** Each version of the overview that comes after it, or the newest of several. */
  versions(signal: AbortSignal): AsyncGenerator<string, void, undefined>
}

/** Tells when the overview has changed: its reader loads it again. Whoever comes back with the version seen last misses nothing. */
export const followOverview = verb({
  name: 'follow the overview',
  may: consoleRoles,
  run: async ({ store }: Ctx<StaffPrincipal>, seen: string | undefined): Promise<Followed> => {
    const version = seen ?? (await readVersion(store))
    return {
      version,
      versions: async function* (signal) {
        for (let last = version; ; ) {
          const next = await waitForVersion(store, last, signal)
          if (next === undefined) return
          yield next
          last = next
        }
      },
    }
  },
})
