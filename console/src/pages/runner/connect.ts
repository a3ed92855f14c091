import { RunnerAnswer, type RunnerRequest, runnerGreeting, runnerPath } from '@countersign/contract/runner.ts'
import type { View } from '@countersign/contract/views.ts'
import { Failure } from '../../api/failure.ts'
import { closeView, openView } from '../../api/views.ts'
import { enter, loadWhole, newFrame } from '../view/handOver.ts'

export type Sent = Omit<RunnerRequest, 'id'> & { upstream: string }
export type Runner = { send(request: Sent): Promise<RunnerAnswer>; close(): void }

const patienceMs = 120_000

const gone = () =>
  new Failure({
    status: 0,
    code: 'runner_silent',
    title: 'No answer came back.',
    hint: 'The access log below says what became of the request. Try again.',
  })

/** One end of a channel to the page of ours at this origin, which has been entered. */
const channelTo = async (frame: HTMLIFrameElement, origin: string, signal: AbortSignal): Promise<MessagePort> => {
  await loadWhole(frame, `${origin}${runnerPath}`, signal)
  const { port1, port2 } = new MessageChannel()
  frame.contentWindow?.postMessage({ countersign: runnerGreeting }, origin, [port2])
  port1.start()
  return port1
}

const ask = (port: MessagePort, request: RunnerRequest): Promise<RunnerAnswer> =>
  new Promise((resolve, reject) => {
    const settle = (end: () => void) => {
      clearTimeout(timer)
      port.removeEventListener('message', onMessage)
      end()
    }
    const onMessage = ({ data }: MessageEvent) => {
      const answer = RunnerAnswer.safeParse(data)
      if (answer.success && answer.data.id === request.id) settle(() => resolve(answer.data))
    }
    const timer = setTimeout(() => settle(() => reject(gone())), patienceMs)
    port.addEventListener('message', onMessage)
    port.postMessage(request)
  })

/**
 * Sends requests as a page of the product would: in a view of its own, through the gateway like anybody, from a hidden frame for each
 * upstream. What the console sees is what such a page would see.
 */
export const newRunner = (sessionId: string, place: HTMLElement): Runner => {
  const leaving = new AbortController()
  const { signal } = leaving
  const ports = new Map<string, Promise<MessagePort>>()
  let view: Promise<View> | undefined
  let asked = 0

  const connect = async (upstream: string): Promise<MessagePort> => {
    view ??= openView(sessionId)
    const opened = await view
    const origin = opened.origins.find((each) => each.upstream === upstream)?.origin
    if (!origin) throw gone()
    await enter({ sessionId, view: opened, origin, place, signal })
    return channelTo(newFrame(place, 'Request runner'), origin, signal)
  }
  /** What failed is begun anew the next time, with another view. */
  const portOf = (upstream: string): Promise<MessagePort> => {
    const known = ports.get(upstream) ?? connect(upstream)
    ports.set(upstream, known)
    known.catch(() => {
      ports.clear()
      view = undefined
    })
    return known
  }
  return {
    async send({ upstream, ...request }) {
      const port = await portOf(upstream)
      asked += 1
      return ask(port, { ...request, id: asked })
    },
    close() {
      leaving.abort()
      void view?.then(({ view_id }) => closeView(sessionId, view_id)).catch(() => {})
      place.replaceChildren()
    },
  }
}
