import type { Account } from '@countersign/contract/users.ts'
import type { ReactNode } from 'react'
import type { Fact } from '../../ui/Card.tsx'
import { plural } from '../../ui/format.ts'
import { given } from '../../ui/given.tsx'
import { Inert } from '../../ui/Inert.tsx'
import { Instant, Time, TimeThere } from '../../ui/Time.tsx'

const yes = (is: boolean): ReactNode => (is ? 'yes' : <span className="font-medium text-warn">no</span>)

function Invitation({ at, by, until }: { at: string; by: string | null | undefined; until: string | null | undefined }) {
  return (
    <>
      sent <Time at={at} />
      {by ? (
        <>
          {' '}
          by <Inert text={by} />
        </>
      ) : null}
      {until ? (
        <>
          , valid until <Instant at={until} />
        </>
      ) : null}
    </>
  )
}

function Failures({ count, at }: { count: number; at: string | null | undefined }) {
  if (count === 0) return 'none since the last sign-in'
  return (
    <span className="font-medium text-warn">
      {plural(count, 'time')} in a row{at ? ', last ' : ''}
      {at ? <Time at={at} /> : null}
    </span>
  )
}

function Lock({ is, until }: { is: boolean; until: string | null | undefined }) {
  if (!is) return 'no'
  return (
    <span className="font-medium text-bad">
      yes{until ? ', until ' : ''}
      {until ? <Instant at={until} /> : null}
    </span>
  )
}

/** An invitation that there is none of is not unknown. */
const invitation = ({ invited_at, invited_by, invitation_expires_at }: Account): Fact[] =>
  invited_at ? [['Invitation', <Invitation key="invitation" at={invited_at} by={invited_by} until={invitation_expires_at} />]] : []

/** What the product tells of an account, and no more. */
export const accountFacts = (account: Account): Fact[] => [
  ...given(account.may_authorize, 'May authorize', yes),
  ...given(account.email_verified, 'E-mail verified', yes),
  ...invitation(account),
  ...given(account.failed_sign_ins, 'Failed sign-ins', (count) => <Failures count={count} at={account.last_failed_at} />),
  ...given(account.locked, 'Locked', (is) => <Lock is={is} until={account.locked_until} />),
  ...given(account.sso, 'Single sign-on', (name) => <Inert text={name} />),
  ...given(account.time_zone, 'Time zone', (zone) => <TimeThere zone={zone} />),
]
