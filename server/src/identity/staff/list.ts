import type { Base } from '../../access/ctx.ts'

export type ListedStaff = {
  id: string
  issuer: string
  subject: string
  email: string
  name: string
  roles: string[]
  signed_in_at: Date | null
  disabled_at: Date | null
}

/** Everybody who ever signed in. */
export const listStaff = async ({ store }: Pick<Base, 'store'>): Promise<ListedStaff[]> =>
  store.db
    .selectFrom('staff')
    .select(['id', 'issuer', 'subject', 'email', 'name', 'roles', 'signed_in_at', 'disabled_at'])
    .orderBy('email')
    .orderBy('id')
    .execute()
