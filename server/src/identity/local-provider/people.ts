import type { Role } from '@countersign/contract/staff.ts'

export type LocalPerson = { login: string; name: string; email: string; roles: Role[] }

/** The named people of the local provider (X5): every role, a pair who can approve each other's work, and one without any. */
export const localPeople: readonly LocalPerson[] = [
  { login: 'rob', name: 'Robert Lindqvist', email: 'rob@vendor.example', roles: ['support_admin'] },
  { login: 'val', name: 'Valentina Okoye', email: 'val@vendor.example', roles: ['support_admin'] },
  { login: 'mgr', name: 'Margret Halvorsen', email: 'mgr@vendor.example', roles: ['support_admin', 'support_manager'] },
  { login: 'ada', name: 'Ada Kowalczyk', email: 'ada@vendor.example', roles: ['super_admin'] },
  { login: 'aud', name: 'Audrey Fontaine', email: 'aud@vendor.example', roles: ['auditor'] },
  { login: 'eve', name: 'Evelyn Tanaka', email: 'eve@vendor.example', roles: [] },
]

export const findPerson = (login: unknown): LocalPerson | undefined => localPeople.find((person) => person.login === login)
