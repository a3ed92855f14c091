import { errorCatalogue, isErrorCode } from '@countersign/contract/errors.ts'
import { type EnterMessage, enterPath, FrameMessage, type View, viewSandbox } from '@countersign/contract/views.ts'
import { Failure } from '../../api/failure.ts'
import { mintCode } from '../../api/views.ts'

/** How long a page of ours may take to say that it is there. */
const patienceMs = 15_000

const silent = () =>
  new Failure({
    status: 0,
    code: 'gateway_silent',
    title: 'The gateway does not answer in this browser.',
    hint: 'Try again. If that does not help, ask your administrator whether this browser can reach gateway.browser_origin.',
  })

type Listen<T> = (done: (value: T) => void, fail: (error: unknown) => void) => () => void

/** Runs `begin`, and waits for what it leads to. */
const wait = <T>(signal: AbortSignal, listen: Listen<T>, begin: () => void): Promise<T> =>
  new Promise((resolve, reject) => {
    const settle = (end: () => void) => {
      clearTimeout(timer)
      stop()
      signal.removeEventListener('abort', onAbort)
      end()
    }
    const fail = (error: unknown) => settle(() => reject(error))
    const onAbort = () => fail(signal.reason)
    const timer = setTimeout(() => fail(silent()), patienceMs)
    const stop = listen((value) => settle(() => resolve(value)), fail)
    signal.addEventListener('abort', onAbort)
    if (signal.aborted) onAbort()
    else begin()
  })

const refusalOf = (code: string): Failure => (isErrorCode(code) ? new Failure({ code, ...errorCatalogue[code] }) : silent())

type Kind = 'ready' | 'entered'
type Said<K extends Kind> = Extract<FrameMessage, { countersign: K }>

/** Messages count from this frame's window and exactly this origin, and only while they are waited for. */
const toSay =
  <K extends Kind>(frame: HTMLIFrameElement, origin: string, kind: K): Listen<Said<K>> =>
  (done, fail) => {
    const listener = (event: MessageEvent) => {
      if (event.source !== frame.contentWindow || event.origin !== origin) return
      const { data: said } = FrameMessage.safeParse(event.data)
      if (said?.countersign === kind) done(said as Said<K>)
      if (said?.countersign === 'refused') fail(refusalOf(said.code))
    }
    window.addEventListener('message', listener)
    return () => window.removeEventListener('message', listener)
  }

/** A frame that nobody sees, for a page of ours. */
export const newFrame = (place: HTMLElement, title: string): HTMLIFrameElement => {
  const frame = document.createElement('iframe')
  frame.hidden = true
  frame.title = title
  frame.setAttribute('sandbox', viewSandbox)
  frame.referrerPolicy = 'no-referrer'
  place.append(frame)
  return frame
}

type Entry = { sessionId: string; view: View; origin: string; place: HTMLElement; signal: AbortSignal }

/**
 * Lets this browser into one origin of a view. In a frame of its own, which goes with what it has left in the history: no page of the product
 * was ever in it, and the way back leads past it.
 */
export const enter = async ({ sessionId, view, origin, place, signal }: Entry): Promise<void> => {
  const frame = newFrame(place, 'Stepping in')
  try {
    const { browser } = await wait(signal, toSay(frame, origin, 'ready'), () => {
      frame.src = `${origin}${enterPath}`
    })
    const code = await mintCode(sessionId, view.view_id, { origin, browser })
    const answer = () => frame.contentWindow?.postMessage({ countersign: 'enter', code, path: null } satisfies EnterMessage, origin)
    await wait(signal, toSay(frame, origin, 'entered'), answer)
  } finally {
    frame.remove()
  }
}

/** Loads a page of ours in a frame, and waits until it is there. */
export const loadWhole = (frame: HTMLIFrameElement, address: string, signal: AbortSignal): Promise<void> =>
  wait<void>(
    signal,
    (done) => {
      const listener = () => done()
      frame.addEventListener('load', listener)
      return () => frame.removeEventListener('load', listener)
    },
    () => {
      frame.src = address
    },
  )
