import { setTimeout as pause } from 'node:timers/promises'
import { seededPassword } from '../seed/people.ts'
import { Random } from '../seed/random.ts'
import type { Switches } from '../signals/switches.ts'
import { acts } from './acts.ts'
import { type Member, signIn, signOut } from './member.ts'

const people = [
  'hank@globex.example',
  'bill@initech.example',
  'alice@umbrella.example',
  'gavin@hooli.example',
  'virginia@stark.example',
  'lucius@wayne.example',
]

/** Keeps the product busy: a few real people sign in over HTTP and use it, until the program stops. */
export async function startTraffic(on: {
  url: string
  requestsPerSecond: number
  stopping: AbortSignal
  switches: Switches
}): Promise<void> {
  const { url, requestsPerSecond, stopping, switches } = on
  if (requestsPerSecond === 0) return
  const random = new Random(Date.now())
  const members: Member[] = []
  try {
    while (!stopping.aborted) {
      const next = people[members.length]
      if (next !== undefined && (members.length === 0 || random.chance(0.1))) {
        const member = await signIn(url, next, seededPassword)
        if (member) members.push(member)
        else people.splice(members.length, 1)
      }
      const busy = members.filter(({ tenantId }) => !switches.isStopped(tenantId))
      if (busy.length > 0) await random.pick(acts)(random.pick(busy), random)
      // Nobody clicks in even steps.
      await pause((-Math.log(1 - random.next()) * 1000) / requestsPerSecond, undefined, { signal: stopping })
    }
  } catch (error) {
    if (!stopping.aborted) console.error('acme: the traffic stopped', error)
  }
  await Promise.allSettled(members.map(signOut))
}
