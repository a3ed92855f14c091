import type { ScopeCatalogue } from '@countersign/contract/scopes.ts'
import { shellQuote } from '../../ui/format.ts'
import { type Route, routesOf } from '../view/routes.ts'

export type Pair = { name: string; value: string }

/** A request as it is being written. */
export type Draft = {
  method: string
  route: string
  parameters: Readonly<Record<string, string>>
  query: readonly Pair[]
  headers: readonly Pair[]
  body: string
}

export const hasBody = (method: string): boolean => method !== 'GET' && method !== 'HEAD'

const parameterForm = /:[a-z][a-z0-9_]*/

/** The parameters of a pattern, without their colons. */
export const parametersOf = (pattern: string): string[] =>
  pattern.split('/').flatMap((segment) => (segment.startsWith(':') ? (parameterForm.exec(segment)?.[0].slice(1) ?? []) : []))

export const pathOf = ({ route, parameters, query }: Pick<Draft, 'route' | 'parameters' | 'query'>): string => {
  const path = route
    .split('/')
    .map((segment) =>
      segment.startsWith(':') ? segment.replace(parameterForm, (name) => encodeURIComponent(parameters[name.slice(1)] ?? '')) : segment,
    )
    .join('/')
  const pairs = query.filter(({ name }) => name.trim() !== '')
  const text = pairs.map(({ name, value }) => `${encodeURIComponent(name.trim())}=${encodeURIComponent(value)}`).join('&')
  return text === '' ? path : `${path}?${text}`
}

/** What keeps it from being sent, in words. */
export const missingOf = ({ route, parameters, body, method, headers }: Draft): string | null => {
  const empty = parametersOf(route).find((name) => !parameters[name]?.trim())
  if (empty !== undefined) return `Fill in ${empty}`
  return hasBody(method) && isJson(headers) && body.trim() !== '' ? faultOf(body) : null
}

const isJson = (headers: readonly Pair[]): boolean =>
  /^application\/(?:[a-z.+-]+\+)?json\b/i.test(headers.find(({ name }) => name === 'content-type')?.value ?? 'application/json')

/** Why a text is no JSON; null where it is. */
export const faultOf = (text: string): string | null => {
  try {
    JSON.parse(text)
    return null
  } catch (error) {
    return `The body is not JSON: ${(error as Error).message.replace(/^JSON\.parse: /, '')}`
  }
}

export const headersOf = ({ headers, body, method }: Draft): Record<string, string> => {
  const given = Object.fromEntries(
    headers.filter(({ name, value }) => name !== '' && value.trim() !== '').map(({ name, value }) => [name, value.trim()]),
  )
  const sendsBody = hasBody(method) && body.trim() !== ''
  return { accept: 'application/json, */*;q=0.5', ...(sendsBody ? { 'content-type': 'application/json' } : {}), ...given }
}

/** The same request as a line for a shell; the token is the caller's. */
export const curlOf = (gatewayUrl: string, draft: Draft): string => {
  const lines = [
    `curl${draft.method === 'GET' ? '' : ` -X ${draft.method}`} -H "Authorization: Bearer $TOKEN"`,
    ...Object.entries(headersOf(draft)).map(([name, value]) => `  -H ${shellQuote(`${name}: ${value}`)}`),
    ...(hasBody(draft.method) && draft.body.trim() !== '' ? [`  --data-raw ${shellQuote(draft.body)}`] : []),
    `  ${shellQuote(`${gatewayUrl.replace(/\/$/, '')}${pathOf(draft)}`)}`,
  ]
  return lines.join(' \\\n')
}

/** Routes that the session has first, each group in the order of the table. */
export const choicesOf = (catalogue: ScopeCatalogue, scopes: readonly string[]): { label: string; routes: Route[] }[] => {
  const routes = routesOf(catalogue)
  const isGranted = ({ scope }: Route) => scopes.includes(scope)
  return [
    { label: 'In this session’s scopes', routes: routes.filter(isGranted) },
    { label: 'Not in its scopes: refused and recorded', routes: routes.filter((route) => !isGranted(route)) },
  ].filter((group) => group.routes.length > 0)
}
