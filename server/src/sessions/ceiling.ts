import { ttlMaximumMinutes, ttlMaximumUserMinutes } from '@countersign/contract/sessions.ts'
import { consoleRoles, type Role } from '@countersign/contract/staff.ts'
import type { Config } from '../config.ts'
import { Refusal } from '../errors.ts'

/** What the ceiling stands on. */
export type CeilingConfig = {
  gateway: Pick<Config['gateway'], 'routes' | 'presets' | 'start_page'>
  sessions: Pick<Config['sessions'], 'roles'>
}
type ConsoleRole = (typeof consoleRoles)[number]

const presetOf = ({ gateway }: CeilingConfig, name: string): readonly string[] | undefined =>
  Object.hasOwn(gateway.presets, name) ? gateway.presets[name] : undefined

/** Whether the configuration lets a role have a scope. What it does not mention has all. */
const mayHave = (config: CeilingConfig, role: ConsoleRole, scope: string): boolean => {
  const named = config.sessions.roles[role]?.scopes
  return named === undefined || named.some((name) => name === scope || presetOf(config, name)?.includes(scope))
}

/** The roles that may have a scope in a session (M6): of those that open sessions, the ones whose ceiling it is within. */
export const rolesFor = (config: CeilingConfig, scope: string): Role[] => consoleRoles.filter((role) => mayHave(config, role, scope))

/** Whether somebody with these roles may have a scope: one of the roles does. */
export const isWithin = (config: CeilingConfig, roles: readonly Role[], scope: string): boolean =>
  rolesFor(config, scope).some((role) => roles.includes(role))

/**
 * The scopes that a list of scopes and presets stands for to somebody with these roles: sorted, each once. A preset is narrowed to what
 * they may have; a scope that is named must be among it, and something must be left.
 */
export const requireWithin = (config: CeilingConfig, roles: readonly Role[], asked: readonly string[]): string[] => {
  const within = (scope: string) => isWithin(config, roles, scope)
  const expanded = asked.flatMap((name) => presetOf(config, name)?.filter(within) ?? name)
  const scopes = [...new Set(expanded)].sort()
  const beyond = scopes.find((scope) => !within(scope))
  if (beyond !== undefined || scopes.length === 0)
    throw new Refusal('scope_not_allowed', { scope: beyond, errors: [{ path: 'scopes', message: 'is more than your roles may have' }] })
  return scopes
}

/** The longest that a session of somebody with these roles may run, extensions included. */
export const minutesFor = (config: CeilingConfig, roles: readonly Role[], on: 'user' | 'tenant'): number => {
  const held = consoleRoles.filter((role) => roles.includes(role))
  const most = held.map((role) => config.sessions.roles[role]?.max_minutes ?? ttlMaximumMinutes)
  return Math.min(on === 'user' ? ttlMaximumUserMinutes : ttlMaximumMinutes, Math.max(0, ...most))
}
