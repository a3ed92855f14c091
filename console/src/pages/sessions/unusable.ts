import type { Session } from '@countersign/contract/sessions.ts'

const words = {
  tenant_gone: {
    short: 'Tenant gone',
    sentence: 'Every request is refused: the tenant was deleted, or its id now belongs to another tenant.',
  },
  staff_not_allowed: {
    short: 'Opener not allowed',
    sentence: 'Every request is refused: the person who opened it was disabled or lost the role.',
  },
} as const

/** Why an active session may not be used, for people; undefined where it may be, or is over. */
export const whyUnusable = ({ status, standing }: Pick<Session, 'status' | 'standing'>): { short: string; sentence: string } | undefined =>
  status === 'ACTIVE' && (standing === 'tenant_gone' || standing === 'staff_not_allowed') ? words[standing] : undefined
