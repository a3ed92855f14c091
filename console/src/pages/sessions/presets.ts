import { presetReadOnly, type ScopeCatalogue } from '@countersign/contract/scopes.ts'

const isSame = (a: readonly string[], b: readonly string[]) => a.length === b.length && a.every((scope) => b.includes(scope))

export const defaultScopes = (catalogue: ScopeCatalogue): string[] =>
  catalogue.presets.find((preset) => preset.name === presetReadOnly)?.scopes ?? []

export const presetOf = (catalogue: ScopeCatalogue, scopes: readonly string[]): string | undefined =>
  catalogue.presets.find((preset) => isSame(preset.scopes, scopes))?.name

/** The scope's verb says it: there are GETs that change something. */
export const isChanging = (scope: string): boolean => !scope.endsWith(':read')

/** With what the route table says of it. */
export const canChange = ({ scope, routes }: ScopeCatalogue['scopes'][number]): boolean =>
  isChanging(scope) || routes.some(({ method, reads }) => !reads && method !== 'GET' && method !== 'HEAD')

/** Those that can change something first. */
export const byWeight = (scopes: readonly string[]): string[] => [
  ...scopes.filter(isChanging),
  ...scopes.filter((scope) => !isChanging(scope)),
]

/** What the server is asked for: a preset by its name where the choice is exactly that. */
export const namedScopes = (catalogue: ScopeCatalogue, scopes: readonly string[]): string[] => {
  const preset = presetOf(catalogue, scopes)
  return preset ? [preset] : [...scopes]
}
