import { setTimeout as wait } from 'node:timers/promises'
import type { Service } from './service.ts'

/** Longest that a start waits for others to say that they are there. */
const patienceMs = 2_500

/** What is wrong with what a service depends on; or that it still waits for its first answer, which is not wrong yet. */
export type FirstLook = { name: string; why: string; waits?: true }

/** What these services say, once each of them has looked. */
export const findTroubles = async (services: readonly Pick<Service, 'status'>[], longestMs = patienceMs): Promise<FirstLook[]> => {
  const look = () => services.map((service) => service.status()).filter(({ state }) => state !== 'stopped')
  for (const end = performance.now() + longestMs; performance.now() < end; await wait(20))
    if (look().every(({ state }) => state !== 'running')) break
  return look().flatMap(({ name, state, last_error }) => {
    if (state === 'running') return [{ name, why: 'Its first run is not over yet.', waits: true }]
    return last_error === null ? [] : [{ name, why: last_error }]
  })
}
