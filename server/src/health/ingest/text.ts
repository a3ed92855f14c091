import { TenantId } from '@countersign/contract/ids.ts'
import { signalLimits } from '@countersign/contract/signals.ts'

/** A label as it is kept: bounded, and without what no database or terminal can hold. */
export const keepLabel = (text: string): string =>
  text
    .slice(0, signalLimits.text)
    .toWellFormed()
    .replaceAll(/\p{Cc}/gu, '\ufffd')

export const isTenantId = (text: string): boolean => TenantId.safeParse(text).success
