import { openPath, type View } from '@countersign/contract/views.ts'
import { useCallback, useEffect, useEffectEvent, useRef, useState } from 'react'
import { closeView, openView } from '../../api/views.ts'
import { enter } from './handOver.ts'
import type { Placed } from './routes.ts'

export type ViewState =
  | { at: 'opening' }
  | { at: 'entering'; view: View; step: number }
  | { at: 'shown'; view: View; address: string }
  | { at: 'failed'; error: unknown }
  | { at: 'closed' }

/** A page of ours at that origin goes on to the path: what the product gets comes from its own origin. */
const addressOf = ({ origins }: View, { path, upstream }: Placed): string | undefined => {
  const origin = origins.find((each) => each.upstream === upstream)?.origin
  return origin && `${origin}${openPath}#${path}`
}

/**
 * The product in this browser: a view of its own each time that it is opened. So nothing that a page of before has left behind on its
 * origin, or in its window, has a part in the hand-over. What is left is closed.
 */
export const useView = (sessionId: string, isUsable: boolean, start: Placed) => {
  const [round, setRound] = useState(0)
  const [state, setState] = useState<ViewState>({ at: 'opening' })
  const place = useRef<HTMLDivElement>(null)
  const frame = useRef<HTMLIFrameElement>(null)
  const begin = useEffectEvent((view: View) => addressOf(view, start) ?? '')

  // biome-ignore lint/correctness/useExhaustiveDependencies: each round is a new beginning
  useEffect(() => {
    if (!isUsable) return
    const leaving = new AbortController()
    const { signal } = leaving
    let opened: View | undefined
    const say = (next: ViewState) => !signal.aborted && setState(next)
    const run = async () => {
      say({ at: 'opening' })
      const view = await openView(sessionId)
      if (signal.aborted) return closeView(sessionId, view.view_id)
      opened = view
      for (const [step, { origin }] of view.origins.entries()) {
        say({ at: 'entering', view, step })
        if (place.current) await enter({ sessionId, view, origin, place: place.current, signal })
      }
      say({ at: 'shown', view, address: begin(view) })
    }
    run().catch((error: unknown) => say({ at: 'failed', error }))
    const leave = () => {
      leaving.abort()
      if (opened) void closeView(sessionId, opened.view_id)
    }
    window.addEventListener('pagehide', leave)
    return () => {
      window.removeEventListener('pagehide', leave)
      leave()
    }
  }, [sessionId, isUsable, round])

  /** Another view of this sign-in was opened, and closed this one. */
  const onClosed = (viewId: string) => setState((now) => ('view' in now && now.view.view_id === viewId ? { at: 'closed' } : now))
  const again = useCallback(() => setRound((now) => now + 1), [])
  /** Without a step more in the history. */
  const go = (to: Placed) => {
    const address = state.at === 'shown' ? addressOf(state.view, to) : undefined
    if (address !== undefined) frame.current?.contentWindow?.location.replace(address)
  }
  return { state, place, frame, onClosed, again, go }
}
