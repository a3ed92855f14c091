import type { ProcessRole, ServiceStatus } from '@countersign/contract/services.ts'
import { Trouble } from '../errors.ts'
import type { Service } from './service.ts'

export type ProgramLog = { info(facts: object, sentence: string): void; error(facts: object, sentence: string): void }

type Settings = {
  /** In the order in which they start; those of an inner list start together. */
  services: readonly (Service | readonly Service[])[]
  roles: readonly ProcessRole[]
  log: ProgramLog
}

export type Program = {
  /** Starts the services in order. Where one cannot start, or it is told to end meanwhile, those before it are stopped. */
  start(told?: AbortSignal): Promise<void>
  statuses(): ServiceStatus[]
  /** What keeps the process from serving, if anything does: a sentence for anyone. */
  trouble(): string | null
  /** Drains all services together, then stops them backwards. */
  close(): Promise<void>
}

/** Settled as `work` is, or with false when the time is up. */
const within = async (ms: number, work: Promise<void>): Promise<boolean> => {
  let timer: NodeJS.Timeout | undefined
  const over = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, ms, false)
  })
  return await Promise.race([work.then(() => true), over]).finally(() => clearTimeout(timer))
}

/** What starts the services of these roles, and closes them. Each step has its time, and is named in the program's log. */
export const newProgram = ({ services, roles, log }: Settings): Program => {
  const mine = services
    .map((step) => [step].flat().filter((service) => service.roles.some((role) => roles.includes(role))))
    .filter((step) => step.length > 0)
  const started: Service[] = []
  let closing: Promise<void> | undefined

  /** A step of the close: whatever becomes of it, the next one follows. */
  const end = async (service: Service, how: 'drain' | 'stop'): Promise<void> => {
    const work = service[how]
    if (!work) return
    const began = performance.now()
    const facts = () => ({ service: service.name, ms: Math.round(performance.now() - began) })
    try {
      if (await within(service.longestMs[how], work())) log.info(facts(), how === 'drain' ? 'drained' : 'stopped')
      else log.error(facts(), `${service.name} did not ${how} in time`)
    } catch (err) {
      log.error({ ...facts(), err }, `${service.name} did not ${how}`)
    }
  }
  const closeAll = async (): Promise<void> => {
    await Promise.all(started.map((service) => end(service, 'drain')))
    for (const service of started.toReversed()) await end(service, 'stop')
  }
  const close = (): Promise<void> => {
    closing ??= closeAll()
    return closing
  }

  const startOne = async (service: Service): Promise<void> => {
    const began = performance.now()
    const starting = service.start()
    if (!(await within(service.longestMs.start, starting))) {
      // It may come up yet: then nobody is there to use it.
      starting.then(service.stop).catch(() => {})
      throw new Trouble(`${service.name} did not start within ${service.longestMs.start / 1000} seconds.`, "The program's log may say why.")
    }
    started.push(service)
    log.info({ service: service.name, ms: Math.round(performance.now() - began) }, 'started')
  }

  return {
    async start(told) {
      for (const step of mine) {
        const failed = (await Promise.allSettled(step.map(startOne))).find((result) => result.status === 'rejected')
        if (!failed && !told?.aborted) continue
        await close()
        throw failed ? failed.reason : told?.reason
      }
    },
    statuses: () => mine.flat().flatMap((service) => [service.status(), ...service.parts()]),
    trouble: () => {
      const needed = mine.flat().filter(({ isNeeded }) => isNeeded)
      return needed.map((service) => service.status()).find(({ state }) => state === 'failing')?.last_error ?? null
    },
    close,
  }
}
