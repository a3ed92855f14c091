import { describe, expect, it } from 'vitest'
import { newProgram } from '../../server/src/run/program.ts'
import { formatStatus, newService } from '../../server/src/run/service.ts'

const all = ['console', 'gateway', 'worker'] as const

/** Services that write down what is done with them, and a log. */
const newRig = () => {
  const done: string[] = []
  const logged: [string, string][] = []
  const note = (facts: object, sentence: string) => void logged.push([(facts as { service: string }).service, sentence])
  type Settings = Parameters<typeof newService<string>>[0]
  const service = (name: string, more: Partial<Settings> = {}) =>
    newService<string>({
      name,
      start: async () => {
        done.push(`start ${name}`)
        return name
      },
      stop: async (value) => void done.push(`stop ${value}`),
      ...more,
    })
  return { done, logged, log: { info: note, error: note }, service }
}
const startProgram = async (settings: Parameters<typeof newProgram>[0]) => {
  const program = newProgram(settings)
  await program.start()
  return program
}
const never = () => new Promise<never>(() => {})

describe('the program', () => {
  it('starts its services in order, drains them together and stops them backwards, each named in the log', async () => {
    const { done, logged, log, service } = newRig()
    let drained = () => {}
    const slow = service('b', {
      drain: () => {
        done.push('drain b')
        return new Promise<void>((resolve) => {
          drained = resolve
        })
      },
    })
    const last = service('c', {
      drain: async () => {
        done.push('drain c')
        drained()
      },
    })
    const program = await startProgram({ services: [service('a'), slow, last], roles: all, log })
    expect(program.statuses().map(({ name, state }) => `${name} ${state}`)).toEqual(['a running', 'b running', 'c running'])
    await Promise.all([program.close(), program.close()])
    expect(done).toEqual(['start a', 'start b', 'start c', 'drain b', 'drain c', 'stop c', 'stop b', 'stop a'])
    expect(logged.filter(([, sentence]) => sentence !== 'drained')).toEqual([
      ['a', 'started'],
      ['b', 'started'],
      ['c', 'started'],
      ['c', 'stopped'],
      ['b', 'stopped'],
      ['a', 'stopped'],
    ])
    expect(program.statuses().map(({ state }) => state)).toEqual(['stopped', 'stopped', 'stopped'])
  })

  it('gives a service what started before it', async () => {
    const { log, service } = newRig()
    const first = service('a')
    expect(first.get).toThrow('a is not running')
    const second = service('b', { start: async () => `b on ${first.get()}` })
    const program = await startProgram({ services: [first, second], roles: all, log })
    expect(second.get()).toBe('b on a')
    await program.close()
    expect(second.get).toThrow('b is not running')
  })

  it('stops what has started where another cannot, and fails with its reason', async () => {
    const { done, log, service } = newRig()
    const failing = service('c', { start: async () => Promise.reject(new Error('port taken')) })
    const services = [service('a'), [failing, service('b')], service('d')]
    await expect(startProgram({ services, roles: all, log })).rejects.toThrow('port taken')
    expect(done).toEqual(['start a', 'start b', 'stop b', 'stop a'])
  })

  it('does not wait without end: for a start it fails, and what starts too late is stopped', async () => {
    const { done, log, service } = newRig()
    let started = (_: string) => {}
    const start = () =>
      new Promise<string>((resolve) => {
        started = resolve
      })
    const late = service('late', { start, longestMs: { start: 20 } })
    await expect(startProgram({ services: [service('a'), late], roles: all, log })).rejects.toThrow(
      'late did not start within 0.02 seconds.',
    )
    expect(done).toEqual(['start a', 'stop a'])
    started('late')
    await expect.poll(() => done.at(-1)).toBe('stop late')
  })

  it('does not wait without end for a drain or a stop, or stumble over one that fails: it says so, and goes on', async () => {
    const { done, logged, log, service } = newRig()
    const stuck = service('b', { drain: never, stop: never, longestMs: { drain: 20, stop: 20 } })
    const broken = service('c', { stop: async () => Promise.reject(new Error('broken')) })
    const program = await startProgram({ services: [service('a'), stuck, broken], roles: all, log })
    await program.close()
    expect(done).toEqual(['start a', 'start b', 'start c', 'stop a'])
    expect(logged).toContainEqual(['b', 'b did not drain in time'])
    expect(logged).toContainEqual(['b', 'b did not stop in time'])
    expect(logged).toContainEqual(['c', 'c did not stop'])
  })

  it('runs only the services of its roles', async () => {
    const { done, log, service } = newRig()
    const services = [
      service('every'),
      [service('gateway', { roles: ['gateway'] }), service('worker', { roles: ['worker'] })],
      service('both', { roles: ['console', 'worker'] }),
      service('console', { roles: ['console'] }),
    ]
    const program = await startProgram({ services, roles: ['worker'], log })
    expect(program.statuses().map(({ name }) => name)).toEqual(['every', 'worker', 'both'])
    await program.close()
    expect(done).toEqual(
      ['every', 'worker', 'both'].flatMap((name) => [`start ${name}`]).concat(['stop both', 'stop worker', 'stop every']),
    )
  })

  it('is in trouble while a service that it needs is failing, and not for any other', async () => {
    const { log, service } = newRig()
    let isDown = false
    const needed = service('log', { isNeeded: true, status: () => formatStatus('log', isDown ? 'log is down' : null) })
    const other = service('sync', { status: () => formatStatus('sync', 'sync is down') })
    const program = await startProgram({ services: [other, needed], roles: all, log })
    expect(program.trouble()).toBeNull()
    isDown = true
    expect(program.trouble()).toBe('log is down')
    await program.close()
  })
})
