import { canApprove, useMe } from '../../api/me.ts'
import { Page } from '../../ui/Page.tsx'
import { AddKey } from './AddKey.tsx'
import { MyKeys } from './MyKeys.tsx'
import { WaitingKeys } from './WaitingKeys.tsx'

/** The passkeys with which a person signs actions and approvals. */
export function KeysPage() {
  const me = useMe()
  return (
    <Page title="My keys">
      <p className="max-w-[72ch] text-soft text-sm">
        A passkey signs what you do and what you approve here. Adding, confirming and removing one is recorded, with its public key.
      </p>
      <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
        <MyKeys />
        <AddKey />
      </div>
      {canApprove(me) ? <WaitingKeys me={me} /> : null}
    </Page>
  )
}
