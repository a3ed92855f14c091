import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { LoggedEvent } from '@countersign/contract/events.ts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { numbers } from '../audit/rig.ts'
import { share } from '../support/long.ts'
import { type Receiver, startReceiver } from '../support/receiver.ts'
import { until } from '../support/until.ts'
import { firsts, indexesOf, local, newRig, type Rig } from './rig.ts'

let rig: Rig
let receiver: Receiver
let running: ChildProcess | undefined
beforeEach(async () => {
  rig = await newRig()
  receiver = await startReceiver()
})
afterEach(async () => {
  running?.kill('SIGKILL')
  await rig.close()
  await receiver.close()
})

const start = async (): Promise<ChildProcess> => {
  const destination = { type: 'ndjson', url: `${receiver.url}/in`, allow_addresses: local }
  const given = JSON.stringify({ url: rig.appUrl, dataDir: rig.dataDir, keysDir: join(rig.dataDir, 'keys'), destination })
  const child = spawn(process.execPath, [join(import.meta.dirname, 'deliver-child.ts'), given], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout as NodeJS.ReadableStream, 'data')
  return child
}

const kill = async (child: ChildProcess): Promise<void> => {
  child.kill('SIGKILL')
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
}

describe('DL-4, CR-10 kill -9 during a delivery', () => {
  it('loses nothing, keeps the order, and brings what comes twice with the same ids', async () => {
    const rounds = share(30)
    const perRound = 700
    const taken: Pick<LoggedEvent, 'log_index' | 'id'>[] = []
    let killAt = Number.POSITIVE_INFINITY
    receiver.behave(async (one) => {
      for (const line of one.body.split('\n').filter(Boolean)) taken.push(JSON.parse(line))
      // The receiver has them, and the process dies before it can hear of it.
      if (taken.length < killAt || !running) return undefined
      killAt = Number.POSITIVE_INFINITY
      await kill(running)
      return { reset: 'after' }
    })
    rig.declare('siem', { type: 'ndjson', url: `${receiver.url}/in` })
    for (let round = 0; round < rounds; round++) {
      await rig.fill(perRound, round * perRound)
      killAt = taken.length + 200 + ((round * 97) % 400)
      running = await start()
      await once(running, 'exit')
      // Who was killed cannot give up its right: another one waits until it has run out, or is told that it did.
      await rig.store.db
        .updateTable('leases')
        .set({ expires_at: new Date(0) })
        .where('name', '=', 'feed siem')
        .execute()
    }
    running = await start()
    const total = rounds * perRound
    await until(async () => (await rig.state('siem'))?.next_index === total, 60)
    expect(firsts(indexesOf(taken))).toEqual(numbers(total))
    expect(taken.length).toBeGreaterThan(total)
    const idsOf = Map.groupBy(taken, ({ log_index }) => log_index)
    for (const twice of idsOf.values()) expect(new Set(twice.map(({ id }) => id)).size).toBe(1)
  })
})
