import { z } from 'zod'

/** What a tenant API key may do. */
export const permissions = ['audit:read'] as const
export const Permission = z.enum(permissions)
export type Permission = z.infer<typeof Permission>
