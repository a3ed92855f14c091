import { join } from 'node:path'
import pino from 'pino'
import { loadKeys } from '../../server/src/keys.ts'
import { serve } from '../../server/src/serve.ts'

/** The program on a database of a test's, in a process that can be killed. */
const { config, databaseUrl, eraserUrl } = JSON.parse(process.env.COUNTERSIGN_TEST_SERVE ?? '')
await serve({ config, databaseUrl, eraserUrl, keys: loadKeys(join(config.data_dir, 'keys')), log: pino({ level: 'silent' }) })
process.stdout.write('ready\n')
