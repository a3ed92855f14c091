import type { SignalState } from '@countersign/contract/health.ts'
import type { z } from 'zod'
import { hourMs } from './classify.ts'

export const minuteMs = 60_000
export const dayMs = 24 * hourMs

/** The last 24 hours to the minute, and what of them whole hours can tell. Instants are in milliseconds. */
export type Window = {
  /** The minute that is now, which belongs to it: the last of 1,440. */
  minuteMs: number
  /** The first minute. */
  edgeMs: number
  /** The hour that the first minute is in, and the one that is now: what is in them is counted by the minute. */
  edgeHourMs: number
  thisHourMs: number
  /** Where the baseline begins. It ends with the hour of the edge. */
  baselineMs: number
}

const floorTo = (ms: number, step: number): number => Math.floor(ms / step) * step

export const windowAt = (nowMs: number): Window => {
  const minute = floorTo(nowMs, minuteMs)
  const edgeMs = minute - dayMs + minuteMs
  const edgeHourMs = floorTo(edgeMs, hourMs)
  return { minuteMs: minute, edgeMs, edgeHourMs, thisHourMs: floorTo(minute, hourMs), baselineMs: edgeHourMs - 7 * dayMs }
}

/** How the sources are, by how far any of them reached. */
export const signalState = (reachedMs: number | null, nowMs: number, staleMinutes: number): z.infer<typeof SignalState> => {
  if (reachedMs === null) return 'none'
  return floorTo(nowMs, minuteMs) - reachedMs > staleMinutes * minuteMs ? 'stale' : 'live'
}
