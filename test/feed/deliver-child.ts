// A process that delivers to one destination until it is killed. Its one argument is JSON.
import { Destination } from '../../server/src/destinations.ts'
import { startDelivery } from '../../server/src/feed/deliver.ts'
import { openSender } from '../../server/src/feed/open-sender.ts'
import { loadKeys } from '../../server/src/keys.ts'
import { openStore } from '../../server/src/store/open.ts'

const { url, dataDir, keysDir, destination: given } = JSON.parse(process.argv[2] as string)
const keys = loadKeys(keysDir)
const destination = Destination.parse(given)
const needs = {
  ...{ consoleUrl: 'https://support.example', productName: 'Acme', origin: 'test.example/log', environment: {}, name: 'siem', destination },
  config: { source: `${dataDir}/config.yaml` },
  key: { privateKey: keys.assertion.privateKey, kid: keys.assertion.publicJwk.kid },
}
const store = await openStore({ url, max: 3 })
startDelivery({ ...needs, store, sequenced: store, sender: openSender(needs), log: { info: () => {}, warn: () => {} } })
process.stdout.write('ready\n')
