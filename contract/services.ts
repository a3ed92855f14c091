import { z } from 'zod'

/** What a process can be for. One that is told nothing is for all of it. */
export const processRoles = ['console', 'gateway', 'worker'] as const
export const ProcessRole = z.enum(processRoles)
export type ProcessRole = z.infer<typeof ProcessRole>

/** How something that runs in the process is doing. */
export const ServiceStatus = z.object({
  name: z.string(),
  state: z
    .enum(['running', 'waiting', 'degraded', 'failing', 'stopped'])
    .describe(
      'running: at work; waiting: for its next run; degraded: the last run did not do all of its work; failing: it failed, and is tried again',
    ),
  last_run_at: z.iso.datetime().nullable().describe('When the last run began; null where there are no runs, or none yet'),
  last_error: z.string().nullable().describe('Why the last run failed, or what it left undone; null where there is nothing to say'),
  next_run_at: z.iso.datetime().nullable(),
})
export type ServiceStatus = z.infer<typeof ServiceStatus>
