import { setTimeout as wait } from 'node:timers/promises'
import type { Service } from './service.ts'

/** Longest that a start waits for others to say that they are there. */
const patienceMs = 2_500

/** What is wrong with what these services depend on, once each of them has looked; or that one still waits for its first answer. */
export const findTroubles = async (
  services: readonly Pick<Service, 'status'>[],
  longestMs = patienceMs,
): Promise<{ name: string; why: string }[]> => {
  const look = () => services.map((service) => service.status()).filter(({ state }) => state !== 'stopped')
  for (const end = performance.now() + longestMs; performance.now() < end; await wait(20))
    if (look().every(({ state }) => state !== 'running')) break
  return look().flatMap(({ name, state, last_error }) => {
    if (state === 'running') return [{ name, why: 'It has not answered in full yet.' }]
    return last_error === null ? [] : [{ name, why: last_error }]
  })
}
