import type { Me } from '@countersign/contract/staff.ts'
import { actionRoles, auditRoles, consoleRoles, paneRoles, type Role, roles, sessionReadRoles } from '@countersign/contract/vocabulary.ts'
import { Building2, ChartNoAxesColumn, FileSignature, KeyRound, type LucideIcon, ScrollText, Send, Users } from 'lucide-react'
import { paths } from '../../paths.ts'

type Entry = { name: string; key: string; icon: LucideIcon; link: object; for: readonly Role[] }

const all = [
  { name: 'Tenants', key: 't', icon: Building2, link: paths.tenants(), for: consoleRoles },
  { name: 'Users', key: 'u', icon: Users, link: paths.users(), for: consoleRoles },
  { name: 'Approvals', key: 'p', icon: FileSignature, link: paths.approvals(), for: actionRoles },
  { name: 'Sessions', key: 's', icon: KeyRound, link: paths.sessions(), for: sessionReadRoles },
  { name: 'Audit', key: 'a', icon: ScrollText, link: paths.audit(), for: auditRoles },
  { name: 'Insights', key: 'i', icon: ChartNoAxesColumn, link: paths.insights(), for: auditRoles },
  { name: 'Delivery', key: 'd', icon: Send, link: paths.delivery(), for: ['super_admin', 'auditor'] },
] as const satisfies readonly Entry[]

export type PageEntry = (typeof all)[number]

const hasAny = (me: Me, wanted: readonly Role[]) => me.staff.roles.some((role) => wanted.includes(role))

/** The pages that somebody's roles open. */
export const pagesFor = (me: Me): readonly PageEntry[] => all.filter((page) => hasAny(me, page.for))

/** Which roles open an address. A user's pane opens for more people than the search does. */
export const rolesOf = (pathname: string): readonly Role[] => {
  if (pathname === '/' || pathname === '/keys') return roles
  if (pathname === '/go') return consoleRoles
  if (/^\/users\/./.test(pathname)) return paneRoles
  return all.find(({ link }) => pathname === link.to || pathname.startsWith(`${link.to}/`))?.for ?? roles
}

export const mayOpen = (me: Me, pathname: string): boolean => hasAny(me, rolesOf(pathname))
