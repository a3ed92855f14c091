import type { Role } from '@countersign/contract/staff.ts'
import type { FastifyBaseLogger } from 'fastify'
import { type Config, isSafeAddress } from '../config.ts'
import { Trouble } from '../errors.ts'
import { type Issuer, openIssuer } from './issuer/open.ts'
import type { StrengthPolicy } from './issuer/strength.ts'
import { type LocalProvider, openLocalProvider } from './local-provider/open.ts'

/** Where staff come from: the configured issuer, or the local provider. */
export type Identity = {
  issuer: Issuer
  rolesClaim: string
  roleMap: Record<string, Role> | undefined
  strength: StrengthPolicy
  local: LocalProvider | undefined
}

const clientSecret = (name: string | undefined, environment: NodeJS.ProcessEnv): string | undefined => {
  if (name === undefined) return undefined
  const secret = environment[name]
  if (!secret)
    throw new Trouble(
      `identity.client_secret_env names ${name}, which is not set.`,
      `Set ${name} to the client secret, or leave the key out.`,
    )
  return secret
}

/** Opens the configured issuer; without one the local provider, which refuses to be anywhere but on loopback. */
export const openIdentity = (options: {
  config: Config
  publicUrl: string
  log: FastifyBaseLogger
  environment: NodeJS.ProcessEnv
}): Identity => {
  const { config, publicUrl, log, environment } = options
  const settings = config.identity
  if (settings === undefined) {
    const local = openLocalProvider({ publicUrl, host: config.console.host, log })
    return { issuer: openIssuer(local.client, log), rolesClaim: 'roles', roleMap: undefined, strength: {}, local }
  }
  if (!isSafeAddress(settings.issuer)) {
    throw new Trouble(
      `identity.issuer is ${settings.issuer}: without TLS, anybody on the network path could sign in.`,
      'Use its https address.',
    )
  }
  const { issuer, client_id, scope, client_secret_env, client_authentication, acr_values, amr_any, max_age_seconds } = settings
  return {
    issuer: openIssuer(
      { issuer, client_id, scope, client_authentication, client_secret: clientSecret(client_secret_env, environment) },
      log,
    ),
    rolesClaim: settings.roles_claim,
    roleMap: settings.role_map,
    strength: { acr_values, amr_any, max_age_seconds },
    local: undefined,
  }
}
