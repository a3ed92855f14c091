import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { WebSocket } from 'ws'
import { findFirefox } from '../../scripts/browser.mjs'
import { until } from './until.ts'

/** A page or a frame in it: its id for WebDriver, and where it is. */
type Context = { context: string; url: string; children: Context[] }

export type Firefox = {
  goto(url: string): Promise<void>
  /** Every page and frame, from the outside in. */
  contexts(): Promise<Context[]>
  /** The frame in which a page of this path is. */
  frameAt(path: RegExp): Promise<string>
  /** Of an expression in the page, or in one of its frames. */
  evaluate<T>(expression: string, context?: string): Promise<T>
  /** Waits until an expression is true there. */
  see(expression: string, context?: string): Promise<void>
  /** Waits for an element that a selector finds and whose text says so, and clicks it as a pointer does. */
  click(selector: string, text: string, context?: string): Promise<void>
  cookies(): Promise<{ name: string; domain: string }[]>
  close(): Promise<void>
}

type Answer = { id?: number; type: string; error?: string; message?: string; result?: unknown }
type Evaluated = { type: string; result?: { value?: string }; exceptionDetails?: { text: string } }

/** Why there is none, for a test that is skipped. */
export const whyNoFirefox = findFirefox() === undefined ? 'there is no Firefox here (Debian: apt install firefox-esr)' : undefined

const describeElement = (selector: string, text: string) =>
  `[...document.querySelectorAll(${JSON.stringify(selector)})].find((one) => one.textContent.includes(${JSON.stringify(text)}) && one.checkVisibility())`

/** A real Firefox with a profile of its own, driven by WebDriver BiDi. */
export const openFirefox = async (): Promise<Firefox> => {
  const profile = mkdtempSync(join(tmpdir(), 'countersign-firefox-'))
  const child = spawn(findFirefox() ?? '', ['--headless', '--no-remote', '--remote-debugging-port=0', '--profile', profile], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, HOME: profile },
  })
  const ended = once(child, 'exit')
  const address = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      const [, found] = /WebDriver BiDi listening on (ws:\S+)/.exec(line) ?? []
      if (found !== undefined) resolve(found)
    })
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`Firefox ended (${code}) before it could be driven`)))
  })
  const socket = new WebSocket(`${address}/session`)
  await once(socket, 'open')
  const waiting = new Map<number, (answer: Answer) => void>()
  socket.on('message', (data) => {
    const answer = JSON.parse(String(data)) as Answer
    if (answer.id !== undefined) waiting.get(answer.id)?.(answer)
  })
  let calls = 0
  const call = async <T>(method: string, params: object = {}): Promise<T> => {
    const id = ++calls
    const answered = new Promise<Answer>((resolve) => waiting.set(id, resolve))
    socket.send(JSON.stringify({ id, method, params }))
    const { type, error, message, result } = await answered
    waiting.delete(id)
    if (type !== 'success') throw new Error(`${method}: ${error} ${message}`)
    return result as T
  }
  await call('session.new', { capabilities: {} })
  const contexts = async () => (await call<{ contexts: Context[] }>('browsingContext.getTree')).contexts
  const [page] = await contexts()
  if (!page) throw new Error('Firefox has no page')

  const evaluate = async <T>(expression: string, context = page.context): Promise<T> => {
    // As text, since values come in a notation of the protocol's own.
    const text = `(async () => JSON.stringify((await (${expression})) ?? null))()`
    const params = { expression: text, target: { context }, awaitPromise: true, resultOwnership: 'none' }
    const { type, result, exceptionDetails } = await call<Evaluated>('script.evaluate', params)
    if (type !== 'success') throw new Error(`${expression}: ${exceptionDetails?.text}`)
    return JSON.parse(result?.value ?? 'null') as T
  }
  // A page that is just being left has no answer.
  const see = async (expression: string, context?: string): Promise<void> =>
    void (await until(() => evaluate<boolean>(`Boolean(${expression})`, context).catch(() => false)))
  const frameAt = (path: RegExp): Promise<string> => {
    const find = (all: readonly Context[]): string | undefined => {
      for (const { context, url, children } of all) {
        if (context !== page.context && path.test(url)) return context
        const below = find(children)
        if (below !== undefined) return below
      }
      return undefined
    }
    return until(async () => find(await contexts()))
  }
  return {
    goto: async (url) => void (await call('browsingContext.navigate', { context: page.context, url, wait: 'complete' })),
    contexts,
    frameAt,
    evaluate,
    see,
    click: async (selector, text, context = page.context) => {
      const element = describeElement(selector, text)
      await see(element, context)
      const found = await call<{ result: { sharedId: string } }>('script.evaluate', {
        expression: `(() => { const found = ${element}; found.scrollIntoView({ block: 'center' }); return found })()`,
        target: { context },
        awaitPromise: false,
      })
      const origin = { type: 'element', element: { sharedId: found.result.sharedId } }
      const actions = [
        { type: 'pointerMove', x: 0, y: 0, origin },
        { type: 'pointerDown', button: 0 },
        { type: 'pointerUp', button: 0 },
      ]
      await call('input.performActions', { context, actions: [{ type: 'pointer', id: 'mouse', actions }] })
    },
    cookies: async () => (await call<{ cookies: { name: string; domain: string }[] }>('storage.getCookies')).cookies,
    close: async () => {
      await call('browser.close').catch(() => child.kill())
      await ended
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}
