import { describe, expect, it } from 'vitest'
import { Trouble } from '../../server/src/errors.ts'
import { runThread } from '../../server/src/thread.ts'
import { until } from '../support/until.ts'

const startEcho = async (trouble?: string) => {
  const heard: string[] = []
  const logged: string[] = []
  const closed = new SharedArrayBuffer(4)
  let gone = 0
  const thread = await runThread<string, string>({
    file: new URL('./echo-thread.ts', import.meta.url),
    data: { ...(trouble === undefined ? {} : { trouble }), closed },
    name: 'the echo',
    hear: (message) => void heard.push(message),
    gone: () => void gone++,
    log: { error: (_, sentence) => void logged.push(sentence) },
  })
  return { thread, heard, logged, gone: () => gone, closed: () => new Int32Array(closed)[0] }
}

describe('a thread of the program', () => {
  it('hears, tells, and closes what it holds before it ends', async () => {
    const echo = await startEcho()
    expect(echo.thread.post('one')).toBe(true)
    await until(async () => echo.heard.length === 2)
    expect(echo.heard).toEqual(['begun', 'heard one'])
    await echo.thread.stop()
    expect([echo.closed(), echo.gone(), echo.logged]).toEqual([1, 0, []])
    expect(echo.thread.post('two')).toBe(false)
  })

  it('that cannot work says why, and is not started again', async () => {
    const failure = await startEcho('The disk is full.').catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(Trouble)
    expect([(failure as Trouble).message, (failure as Trouble).hint]).toEqual(['The disk is full.', 'Do something.'])
  })

  it('that ends unasked takes nothing meanwhile, and is started again', async () => {
    const echo = await startEcho()
    echo.thread.post('die')
    await until(async () => echo.gone() === 1)
    expect(echo.thread.post('lost')).toBe(false)
    expect(echo.logged).toEqual(['the echo ended'])
    await until(async () => echo.thread.post('back'))
    await until(async () => echo.heard.includes('heard back'))
    expect(echo.heard).not.toContain('heard lost')
    await echo.thread.stop()
    expect(echo.closed()).toBe(1)
  })
})
