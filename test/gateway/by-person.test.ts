import { describe, expect, it } from 'vitest'
import { newByPerson } from '../../server/src/gateway/by-person.ts'

type Sent = Parameters<ReturnType<typeof newByPerson>>[0]
const idleMs = 600_000
const start = () => {
  let nowMs = 0
  const isByPerson = newByPerson({ idleMs, now: () => nowMs })
  const ask = (sent: object = {}, id = 'ses_a') =>
    isByPerson({ method: 'GET', path: '/v1/a', headers: new Map(), caller: 'browser', facts: { id }, ...sent } as unknown as Sent)
  return {
    ask,
    pass: (ms: number) => {
      nowMs += ms
    },
  }
}

describe('M16 what a person did', () => {
  it('every request with the token', () => {
    const { ask } = start()
    expect([1, 2, 3].map(() => ask({ caller: 'bearer' }))).toEqual([true, true, true])
  })

  it('navigations and writes, also where they repeat', () => {
    const { ask } = start()
    const navigation = { headers: new Map(Object.entries({ 'sec-fetch-mode': 'navigate', 'sec-fetch-user': '?1' })) }
    expect([ask(navigation), ask(navigation), ask({ method: 'POST' }), ask({ method: 'POST' }), ask({ method: 'DELETE' })]).toEqual(
      Array(5).fill(true),
    )
  })

  it('not a page that loads itself again, by a refresh or by its script', () => {
    const { ask, pass } = start()
    const refresh = { headers: new Map([['sec-fetch-mode', 'navigate']]) }
    expect(ask(refresh)).toBe(true)
    for (let minutes = 0; minutes < 60; minutes += 5) {
      pass(300_000)
      expect(ask(refresh)).toBe(false)
    }
  })

  it('a path that is new to the session, and not the polling of one, however long it goes on', () => {
    const { ask, pass } = start()
    expect(ask()).toBe(true)
    for (let minutes = 0; minutes < 60; minutes += 5) {
      pass(300_000)
      expect([ask(), ask({ method: 'HEAD' })]).toEqual([false, false])
    }
    expect(ask({ path: '/v1/b' })).toBe(true)
    expect(ask({}, 'ses_b')).toBe(true)
    pass(idleMs)
    expect(ask()).toBe(true)
  })

  it('remembers a bounded number of paths and sessions, the newest ones', () => {
    const { ask } = start()
    ask({ path: '/v1/polled' })
    for (let i = 0; i < 499; i++) ask({ path: `/v1/${i}` })
    expect(ask({ path: '/v1/polled' })).toBe(false)
    for (let i = 0; i < 499; i++) ask({ path: `/v2/${i}` })
    expect(ask({ path: '/v1/polled' })).toBe(false)
    expect(ask({ path: '/v1/0' })).toBe(true)
    for (let i = 0; i < 10_000; i++) ask({}, `ses_${i}`)
    expect(ask({ path: '/v1/polled' })).toBe(true)
  })
})
