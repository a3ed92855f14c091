import { type ComponentType, createElement, use, useEffect, useRef, useState } from 'react'
import { useStaleSince } from '../api/connection.ts'
import { Failure } from '../api/failure.ts'

/** Why a part of the console is not there. */
export const notLoaded = () =>
  new Failure({
    status: 0,
    code: 'page_not_loaded',
    title: 'This part of the console has not been loaded yet, and the server does not answer.',
    hint: 'It loads by itself once the server answers. If that takes long, the console may have been updated: reload the page.',
  })

type Loaded<Props> = { Part: ComponentType<Props> } | { Part?: undefined }
const againMs = 5_000

/** Tries again in a while, and at once when the server answers again. */
const useAgain = (onRetry: () => void) => {
  const isLost = useStaleSince() !== null
  const wasLost = useRef(isLost)
  useEffect(() => {
    if (wasLost.current && !isLost) onRetry()
    wasLost.current = isLost
    const timer = setTimeout(onRetry, againMs)
    return () => clearTimeout(timer)
  }, [isLost, onRetry])
}

type Absent<Props> = ComponentType<Props & { onRetry: () => void }>

/**
 * A part of the console that is fetched when it is first needed. Where that fails, `absent` stands in its place, and it comes by itself
 * once the server answers: the browser's own error, or a page that loads itself again, is no help to anybody.
 */
export const lazyPart = <Props extends object>(load: () => Promise<ComponentType<Props>>, absent: Absent<Props>) => {
  let loading: Promise<Loaded<Props>> | undefined
  const fetchOnce = (): Promise<Loaded<Props>> => {
    loading ??= load().then(
      (Part) => ({ Part }),
      () => ({}),
    )
    return loading
  }
  function Missing({ onRetry, ...props }: { onRetry: () => void }) {
    useAgain(onRetry)
    return createElement(absent, { ...(props as unknown as Props), onRetry })
  }
  function LazyPart(props: Props) {
    const [, setRound] = useState(0)
    const { Part } = use(fetchOnce())
    const again = () => {
      loading = undefined
      setRound((round) => round + 1)
    }
    return Part ? createElement(Part, props) : <Missing {...props} onRetry={again} />
  }
  const preload = async (): Promise<void> => {
    const { Part } = await fetchOnce()
    // What was fetched in advance, and failed, is fetched when it is needed.
    if (!Part) loading = undefined
  }
  return Object.assign(LazyPart, { preload })
}
