import type { TenantHealthRow } from '@countersign/contract/health.ts'

type Row = Pick<TenantHealthRow, 'tenant' | 'health'>

const said = ({ health }: Row): string => `${health.status} ${health.causes[0]?.rule ?? ''}`

/** Whether showing `fresh` in the place of `shown` would move a row. */
export const isInPlace = (shown: readonly Row[], fresh: readonly Row[]): boolean =>
  shown.length === fresh.length && shown.every(({ tenant }, at) => tenant.id === fresh[at]?.tenant.id)

/** How many tenants came, went or are judged otherwise; one where the order alone is another. */
export const countChanges = (shown: readonly Row[], fresh: readonly Row[]): number => {
  const before = new Map(shown.map((row) => [row.tenant.id, said(row)]))
  const changed = fresh.filter((row) => before.get(row.tenant.id) !== said(row)).length
  const now = new Set(fresh.map(({ tenant }) => tenant.id))
  const gone = shown.filter(({ tenant }) => !now.has(tenant.id)).length
  // Who came in at the top pushed somebody out at the bottom: that is one change.
  return Math.max(changed, gone, isInPlace(shown, fresh) ? 0 : 1)
}
