import type { ScopeCatalogue } from '@countersign/contract/scopes.ts'
import { sessionReadRoles } from '@countersign/contract/staff.ts'
import type { Ctx } from '../access/ctx.ts'
import type { StaffPrincipal } from '../access/principal.ts'
import { verb } from '../access/verb.ts'
import type { Config } from '../config.ts'
import { Refusal } from '../errors.ts'
import { type CeilingConfig, isWithin, minutesFor } from './ceiling.ts'

type GatewayConfig = { gateway: Pick<Config['gateway'], 'routes' | 'presets'> }

/** The scopes and presets of the configuration that the person may have: nothing else can be granted. */
export const listScopes = verb({
  name: 'list scopes',
  may: sessionReadRoles,
  async run({ config, principal: { roles } }: Ctx<StaffPrincipal> & { config: CeilingConfig }): Promise<ScopeCatalogue> {
    const { routes, presets, start_page } = config.gateway
    const within = (scope: string) => isWithin(config, roles, scope)
    const byScope = Map.groupBy(
      routes.filter(({ scope }) => within(scope)),
      ({ scope }) => scope,
    )
    return {
      scopes: [...byScope]
        .map(([scope, own]) => ({
          scope,
          routes: own.map(({ method, path, does, upstream, stream, reads }) => ({
            ...{ method, path },
            ...(upstream === undefined ? {} : { upstream }),
            ...(does === undefined ? {} : { does }),
            ...(stream === undefined ? {} : { stream }),
            ...(reads ? { reads } : {}),
          })),
        }))
        .sort((a, b) => (a.scope < b.scope ? -1 : 1)),
      ...(start_page === undefined ? {} : { start_page }),
      presets: Object.entries(presets)
        .map(([name, scopes]) => ({ name, scopes: scopes.filter(within) }))
        .filter(({ scopes }) => scopes.length > 0),
      max_minutes: minutesFor(config, roles, 'tenant'),
    }
  },
})

/** The scopes that a list of scopes and presets stands for: sorted, each once. One unknown name refuses all. */
export const expandScopes = ({ gateway }: GatewayConfig, asked: readonly string[]): string[] => {
  const known = new Set(gateway.routes.map(({ scope }) => scope))
  const expanded = new Set<string>()
  for (const name of asked) {
    const preset = Object.hasOwn(gateway.presets, name) ? gateway.presets[name] : undefined
    if (preset) for (const scope of preset) expanded.add(scope)
    else if (known.has(name)) expanded.add(name)
    else throw new Refusal('scope_unknown', { errors: [{ path: 'scopes', message: 'has a scope or preset that does not exist' }] })
  }
  return [...expanded].sort()
}
