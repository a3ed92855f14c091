import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { findBinaries } from '../../server/src/store/embedded/binaries.ts'
import { findPlace } from '../../server/src/store/embedded/place.ts'
import { launch, stopPostmaster } from '../../server/src/store/embedded/postmaster.ts'
import { startEmbedded } from '../../server/src/store/embedded.ts'
import { migrate } from '../../server/src/store/migrate.ts'
import { openStore } from '../../server/src/store/open.ts'
import { newFolder } from '../support/embedded.ts'

const { path: folder, remove } = newFolder()
afterAll(remove)

it('DB-10 a standby is refused: by the store, by the migrator, and as a server of our own', async () => {
  const dataDir = join(folder, 'data')
  const { stop, ownerUrl, appUrl } = await startEmbedded({ dataDir })
  await migrate({ url: ownerUrl, appUrl })
  await stop()
  // A cluster with this file waits for WAL from a primary: it can only be read.
  writeFileSync(join(dataDir, 'postgres', 'standby.signal'), '')
  const refusal = { name: 'Trouble', message: 'The database server is a standby: it can only be read.' }
  await expect(startEmbedded({ dataDir })).rejects.toMatchObject(refusal)
  const place = findPlace(dataDir)
  const { pid } = await launch(findBinaries(place.owner), place)
  try {
    await expect(openStore({ url: appUrl })).rejects.toMatchObject(refusal)
    await expect(migrate({ url: ownerUrl, appUrl })).rejects.toMatchObject(refusal)
  } finally {
    await stopPostmaster(pid, place.cluster)
  }
})
