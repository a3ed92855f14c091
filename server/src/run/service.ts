import { type ProcessRole, processRoles, type ServiceStatus } from '@countersign/contract/services.ts'

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
  /** One status, and those of what runs within it. */
  statuses(): readonly ServiceStatus[]
}

/** A service that is a value while it runs: for those that start after it. */
export type ServiceOf<T> = Service & { get(): T }

type Settings<T> = {
  name: string
  /** By default it runs in every process. */
  roles?: readonly ProcessRole[]
  isNeeded?: boolean
  longestMs?: Partial<Service['longestMs']>
  start(): Promise<T> | T
  drain?(value: T): Promise<unknown>
  stop(value: T): Promise<unknown>
  statuses?(value: T): readonly ServiceStatus[]
}

const longestByDefault = { start: 60_000, drain: 15_000, stop: 5_000 }

export const newService = <T>({ name, roles = processRoles, isNeeded = false, longestMs, drain, ...does }: Settings<T>): ServiceOf<T> => {
  let running: { value: T } | undefined
  const plain = (state: ServiceStatus['state']): ServiceStatus => ({ name, state, last_run_at: null, last_error: null, next_run_at: null })
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
    statuses() {
      if (!running) return [plain('stopped')]
      return does.statuses?.(running.value) ?? [plain('running')]
    },
    get() {
      if (!running) throw new Error(`${name} is not running`)
      return running.value
    },
  }
}
