// `npm run log-shape`: makes a new database and writes down what the log's tables look like in it (server/src/store/log-shape.txt).
// The program refuses a database in which they look otherwise, so this follows every migration that touches them.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmbedded } from '../server/src/store/embedded.ts'
import { describeShape, shapeFile } from '../server/src/store/log-shape.ts'
import { migrate } from '../server/src/store/migrate.ts'
import { connect } from '../server/src/store/open.ts'

const dataDir = mkdtempSync(join(tmpdir(), 'countersign-shape-'))
const embedded = await startEmbedded({ dataDir })
try {
  await migrate({ ...embedded, url: embedded.ownerUrl })
  const client = await connect(embedded.appUrl)
  const shape = await describeShape(client)
  await client.end()
  writeFileSync(shapeFile, shape)
  console.log(`${shape.trimEnd().split('\n').length} lines`)
} finally {
  await embedded.stop()
  rmSync(dataDir, { recursive: true, force: true })
}
