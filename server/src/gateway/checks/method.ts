import { Refusal } from '../../errors.ts'
import type { Check } from '../exchange.ts'

export const methods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'])

/** The same; and what a browser asks before a script of another origin sends. It is answered here. */
export const checkBrowserMethod: Check = ({ method }) => {
  if (method !== 'OPTIONS' && !methods.has(method)) throw new Refusal('method_refused')
}

export const checkMethod: Check = ({ method }) => {
  if (!methods.has(method)) throw new Refusal('method_refused')
}
