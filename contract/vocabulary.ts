/** Closed lists of words, without schemas: the console needs them on its first page, which has no room for those. */

/** X5. A staff member may hold several. */
export const roles = ['support_admin', 'support_manager', 'super_admin', 'auditor'] as const
export type Role = (typeof roles)[number]

/** Who may use which part (C1, X5). `console` is everything but what only auditors need. */
export const consoleRoles = ['support_admin', 'super_admin'] as const satisfies readonly Role[]
export const approverRoles = ['support_manager', 'super_admin'] as const satisfies readonly Role[]
/** Who may see support sessions and what was done in them; what may be done to them needs more. */
export const sessionReadRoles = [...consoleRoles, 'auditor'] as const satisfies readonly Role[]
/** Who may ask for an action, or decide on one. */
export const actionRoles = ['support_admin', 'super_admin', 'support_manager'] as const satisfies readonly Role[]
/** Who may open the pane of a user: approvers that of the users whom a request is about. */
export const paneRoles = actionRoles
export const auditRoles = ['support_admin', 'super_admin', 'auditor', 'support_manager'] as const satisfies readonly Role[]
/** Who may export events of more than one tenant, or very many of them. */
export const exportRoles = ['auditor', 'super_admin'] as const satisfies readonly Role[]

/** S7. The last two are terminal. */
export const sessionStatuses = ['ACTIVE', 'EXPIRED', 'REVOKED'] as const

export const lifecycleStatuses = ['active', 'trial', 'onboarding', 'pending', 'suspended', 'closed'] as const

export const healthStatuses = ['critical', 'warning', 'healthy', 'unknown'] as const
export const overviewSorts = ['worst', 'name', 'status', 'plan', 'calls', 'error_rate', 'last_call_at', 'created_at', 'user_count'] as const

export const userStatuses = ['active', 'invited', 'suspended', 'deleted'] as const
export const userSorts = ['name', 'email', 'role', 'status', 'last_seen_at'] as const
