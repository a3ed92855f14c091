// Sends signals of many tenants, minute after minute, and judges them meanwhile; a line for each minute that was acknowledged.
import { recordMinutes } from '../../server/src/health/record-minutes.ts'
import { startJudging } from '../../server/src/health/run.ts'
import { openStore } from '../../server/src/store/open.ts'
import { healthConfig } from './rig.ts'
import { signalsOf } from './soak.ts'

const [url = '', tenants = '0', first = '0', until = '0'] = process.argv.slice(2)
const store = await openStore({ url, max: 3, name: 'soak', answerMs: 60_000 })
const log = { info: () => {}, warn: (facts: object, sentence: string) => console.error(sentence, facts) }
const judging = startJudging({ store, health: healthConfig(), log })
for (let minute = Number(first); minute <= Number(until); minute++) {
  const { recorded } = await recordMinutes(store, signalsOf(minute, Number(tenants)))
  if (recorded !== Number(tenants)) throw new Error(`only ${recorded} were recorded`)
  console.log(`${minute} ${process.memoryUsage().heapUsed}`)
}
await judging.stop()
await store.close()
