import { Refusal } from '../../errors.ts'
import type { Check } from '../exchange.ts'
import { lookForForm } from '../form-scan.ts'

/** A form is sent only where its route takes one, and is looked at as it passes: fields of one could name another method. */
export const checkForm: Check = (exchange) => {
  const { has_body, headers, route } = exchange
  const look = has_body ? lookForForm(headers.get('content-type') ?? '') : undefined
  if (look && !route?.forms) throw new Refusal('unsupported_media_type', { detail: 'This route takes no forms.' })
  exchange.look = look
}
