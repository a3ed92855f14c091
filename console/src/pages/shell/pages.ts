import type { Me } from '@countersign/contract/staff.ts'
import { Building2, KeyRound, type LucideIcon, ScrollText, Users } from 'lucide-react'
import { canUseConsole } from '../../api/me.ts'
import { paths } from '../../paths.ts'

const all = [
  { name: 'Tenants', key: 't', icon: Building2, link: paths.tenants(), isForConsole: true },
  { name: 'Users', key: 'u', icon: Users, link: paths.users(), isForConsole: true },
  { name: 'Sessions', key: 's', icon: KeyRound, link: paths.sessions(), isForConsole: true },
  { name: 'Audit', key: 'a', icon: ScrollText, link: paths.audit(), isForConsole: false },
] as const satisfies readonly { name: string; key: string; icon: LucideIcon; link: object; isForConsole: boolean }[]

export type PageEntry = (typeof all)[number]

/** The pages that somebody's roles open. Auditors see the audit alone. */
export const pagesFor = (me: Me): readonly PageEntry[] => (canUseConsole(me) ? all : all.filter((page) => !page.isForConsole))
