import { defaultUpstream } from '@countersign/contract/views.ts'
import { Refusal } from '../../errors.ts'
import type { Check } from '../exchange.ts'

/** The one Host header names the origin by which this door was chosen (start.ts), of an upstream that there is. */
export const checkLabel: Check = ({ headers, place }, { browsers }) => {
  const found = browsers?.labels.find(headers.get('host') ?? '')
  const isOurs = found && place && found.label === place.label && found.upstream === place.upstream
  const isServed = place?.upstream === defaultUpstream || browsers?.upstreams.includes(place?.upstream ?? '')
  if (!isOurs || !isServed) throw new Refusal('host_refused')
}
