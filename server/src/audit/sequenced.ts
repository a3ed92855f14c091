import { EventEmitter, once } from 'node:events'
import type { Store } from '../store/open.ts'

const emitters = new WeakMap<Store['pool'], EventEmitter>()

const emitterOf = ({ pool }: Pick<Store, 'pool'>): EventEmitter => {
  const emitter = emitters.get(pool) ?? new EventEmitter().setMaxListeners(0)
  emitters.set(pool, emitter)
  return emitter
}

/** Tells those who wait in this process that the log has grown. Other replicas see it when they next look. */
export const announceSequenced = (store: Pick<Store, 'pool'>, size: number): void => {
  emitterOf(store).emit('sequenced', size)
}

/** Calls `listener` with each new size; answers how to stop that. */
export const onSequenced = (store: Pick<Store, 'pool'>, listener: (size: number) => void): (() => void) => {
  const emitter = emitterOf(store)
  emitter.on('sequenced', listener)
  return () => emitter.off('sequenced', listener)
}

/** Waits until the log has grown in this process, the time is over or the signal has fired. */
export const waitForSequenced = async (store: Pick<Store, 'pool'>, milliseconds: number, signal: AbortSignal): Promise<void> => {
  const over = new AbortController()
  const timer = setTimeout(() => over.abort(), milliseconds)
  try {
    await once(emitterOf(store), 'sequenced', { signal: AbortSignal.any([signal, over.signal]) })
  } catch (error) {
    if (!over.signal.aborted && !signal.aborted) throw error
  } finally {
    clearTimeout(timer)
    over.abort()
  }
}
