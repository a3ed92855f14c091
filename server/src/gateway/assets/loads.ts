import type { LoadedFile } from '@countersign/contract/events/support-session.ts'
import type { NewEventOf } from '@countersign/contract/events.ts'
import { halveEvent } from '../../audit/record.ts'
import { newId } from '../../ids.ts'
import { committedTo } from '../../sessions/digests.ts'
import type { SessionFacts } from '../../sessions/facts.ts'
import { actorOf, targetOf } from '../entries.ts'
import type { Outbox } from '../outbox.ts'

/** An entry of the log has room for 65,535 bytes. */
const filesMaximum = 200
/** So long nothing more of a page comes before what came is taken for all of it. */
const quietMs = 1_000
/** A page that never comes to rest is recorded in parts. */
const longestMs = 10_000

type Load = { facts: SessionFacts; startedMs: number; files: LoadedFile[]; timer: NodeJS.Timeout | undefined }

/** Files of each session that were loaded, until their outcomes are recorded: those of a page as one event. */
export type Loads = {
  /** A file was admitted: its page is still loading. */
  begin(facts: SessionFacts): void
  /** What became of it. `startedMs`: when it was asked for. */
  settle(facts: SessionFacts, startedMs: number, file: LoadedFile): void
  /** Records what is known of a session, now: it has ended. */
  flush(sessionId: string): void
  flushAll(): void
}

const statusesOf = (files: readonly LoadedFile[]): Record<string, number> => {
  const statuses: Record<string, number> = {}
  for (const { status } of files) if (status !== undefined) statuses[status] = (statuses[status] ?? 0) + 1
  return statuses
}

type Loaded = { id: string; facts: SessionFacts; files: readonly LoadedFile[]; lastedMs: number }

const loadedEvent = ({ id, facts, files, lastedMs }: Loaded): NewEventOf<'SUPPORT_SESSION.ASSET.LOADED'> => {
  const code = files.find((file) => file.code !== undefined)?.code
  const isGone = files.some((file) => file.code === 'tenant_gone')
  return {
    action: 'SUPPORT_SESSION.ASSET.LOADED',
    result: code === undefined ? 'ok' : 'error',
    actor: actorOf(facts),
    ...(isGone ? {} : { tenant_id: facts.tenant_id }),
    target: targetOf(facts),
    session_id: facts.id,
    ticket: committedTo(facts.digests, 'ticket'),
    code,
    request: {
      id,
      method: 'GET',
      duration_ms: Math.round(lastedMs * 10) / 10,
      bytes: files.reduce((sum, { bytes = 0 }) => sum + bytes, 0),
    },
    details: { count: files.length, statuses: statusesOf(files), files: [...files] },
  }
}

export const newLoads = (outbox: Pick<Outbox, 'send'>): Loads => {
  const loads = new Map<string, Load>()
  /** Files that are admitted and have no outcome yet. */
  const underWay = new Map<string, number>()

  const flush = (sessionId: string): void => {
    const load = loads.get(sessionId)
    if (!load) return
    loads.delete(sessionId)
    clearTimeout(load.timer)
    const { facts, startedMs, files } = load
    const loaded = { id: newId('request'), facts, files, lastedMs: performance.now() - startedMs }
    outbox.send(() => halveEvent(loadedEvent(loaded)))
  }

  const wait = (sessionId: string, load: Load, ms: number): void => {
    clearTimeout(load.timer)
    load.timer = setTimeout(() => {
      const isLoading = underWay.has(sessionId) && performance.now() - load.startedMs < longestMs
      if (isLoading) wait(sessionId, load, ms)
      else flush(sessionId)
    }, ms)
  }

  const open = (facts: SessionFacts, startedMs: number): Load => {
    const load = { facts, startedMs, files: [], timer: undefined }
    loads.set(facts.id, load)
    return load
  }

  const leave = (sessionId: string): void => {
    const left = (underWay.get(sessionId) ?? 1) - 1
    if (left > 0) underWay.set(sessionId, left)
    else underWay.delete(sessionId)
  }

  return {
    begin: ({ id }) => void underWay.set(id, (underWay.get(id) ?? 0) + 1),
    settle: (facts, startedMs, file) => {
      leave(facts.id)
      const load = loads.get(facts.id) ?? open(facts, startedMs)
      load.startedMs = Math.min(load.startedMs, startedMs)
      load.files.push(file)
      if (load.files.length >= filesMaximum) flush(facts.id)
      // A page whose session ends is over: what is cut together is recorded together.
      else wait(facts.id, load, file.code === undefined ? quietMs : 0)
    },
    flush,
    flushAll: () => {
      for (const sessionId of [...loads.keys()]) flush(sessionId)
    },
  }
}
