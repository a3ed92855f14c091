import { Refusal } from '../../errors.ts'
import type { Check } from '../exchange.ts'

export const methods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'])

export const checkMethod: Check = ({ method }) => {
  if (!methods.has(method)) throw new Refusal('method_refused')
}
