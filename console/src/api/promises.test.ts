import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { dropPromise, keepPromise, keptPromises, noticePromise } from './promises.ts'

/** As a browser's: its keys are members. */
class Storage {
  setItem(place: string, text: string) {
    Object.assign(this, { [place]: text })
  }
  removeItem(place: string) {
    Reflect.deleteProperty(this, place)
  }
}

beforeEach(() => {
  vi.stubGlobal('localStorage', Object.assign(new Storage(), { 'countersign-log': 'another thing' }))
})
afterEach(() => {
  for (const kept of keptPromises()) dropPromise(kept)
  vi.unstubAllGlobals()
})
const texts = () => keptPromises().map(({ promise }) => promise)

it('AU-13 keeps what answers promise, the oldest first, and lets go of one', () => {
  noticePromise(new Response('', { headers: { 'Countersign-Promise': 'one' } }))
  noticePromise(new Response(''))
  expect(texts()).toEqual(['one'])
  const [kept] = keptPromises()
  expect(Date.now() - (kept?.keptAt ?? 0)).toBeLessThan(60_000)
  dropPromise(kept as never)
  expect(texts()).toEqual([])
  expect(localStorage).toHaveProperty('countersign-log')
})

it('AU-13 keeps a few hundred: the oldest give way', () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  for (let n = 0; n < 310; n += 1) {
    vi.setSystemTime(1_800_000_000_000 + n)
    keepPromise(`promise ${n}`)
  }
  vi.useRealTimers()
  expect(texts()).toHaveLength(300)
  expect(texts()[0]).toBe('promise 10')
  expect(texts().at(-1)).toBe('promise 309')
})

it.each([
  ['there is no storage', undefined],
  [
    'it is full, or closed to this page',
    {
      setItem: () => {
        throw new Error('QuotaExceededError')
      },
    },
  ],
])('AU-13 keeps them as long as the page is open where %s', (_, storage) => {
  vi.stubGlobal('localStorage', storage)
  keepPromise('one')
  expect(texts()).toEqual(['one'])
  dropPromise(keptPromises()[0] as never)
  expect(texts()).toEqual([])
})
