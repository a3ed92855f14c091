import { type ProcessRole, processRoles, type ServiceStatus } from '@countersign/contract/services.ts'
import type { Loop } from './loop.ts'

/** Something that runs in the process from its start to its end. */
export type Service = {
  /** As it stands in the program's log and on `/readyz`. */
  readonly name: string
  /** Processes that run it. */
  readonly roles: readonly ProcessRole[]
  /** The process is not ready to serve while it is failing. */
  readonly isNeeded: boolean
  readonly longestMs: { start: number; drain: number; stop: number }
  start(): Promise<void>
  /** Takes nothing new, and finishes what is under way. */
  readonly drain: (() => Promise<void>) | undefined
  stop(): Promise<void>
  status(): ServiceStatus
  /** Of what runs within it. */
  parts(): readonly ServiceStatus[]
}

/** A service that is a value while it runs: for those that start after it, and for those that can do without it. */
export type ServiceOf<T> = Service & { get(): T; find(): T | undefined }

type Settings<T> = {
  name: string
  /** By default it runs in every process. */
  roles?: readonly ProcessRole[]
  isNeeded?: boolean
  longestMs?: Partial<Service['longestMs']>
  start(): Promise<T> | T
  drain?(value: T): Promise<unknown>
  stop(value: T): Promise<unknown>
  status?(value: T): ServiceStatus
  parts?(value: T): readonly ServiceStatus[]
}

/** The status of something that has no runs: it is there, with or without trouble. */
export const formatStatus = (name: string, trouble: string | null = null): ServiceStatus => ({
  name,
  state: trouble === null ? 'running' : 'failing',
  last_run_at: null,
  last_error: trouble,
  next_run_at: null,
})

const longestByDefault = { start: 60_000, drain: 15_000, stop: 5_000 }

export const newService = <T>({ name, roles = processRoles, isNeeded = false, longestMs, drain, ...does }: Settings<T>): ServiceOf<T> => {
  let running: { value: T } | undefined
  return {
    name,
    roles,
    isNeeded,
    longestMs: { ...longestByDefault, ...longestMs },
    async start() {
      running = { value: await does.start() }
    },
    drain:
      drain &&
      (async () => {
        if (running) await drain(running.value)
      }),
    async stop() {
      const stopping = running
      running = undefined
      if (stopping) await does.stop(stopping.value)
    },
    status: () => (running ? (does.status?.(running.value) ?? formatStatus(name)) : { ...formatStatus(name), state: 'stopped' }),
    parts: () => (running && does.parts?.(running.value)) ?? [],
    find: () => running?.value,
    get() {
      if (!running) throw new Error(`${name} is not running`)
      return running.value
    },
  }
}

/** A service that is a loop. */
export const newLoopService = (settings: Pick<Settings<Loop>, 'name' | 'roles' | 'isNeeded' | 'start'>): ServiceOf<Loop> =>
  newService({ ...settings, status: (loop) => loop.status(), stop: (loop) => loop.stop() })
