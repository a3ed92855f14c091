import type { ActionRequest } from '@countersign/contract/action-requests.ts'
import { useState } from 'react'
import { Button } from '../../ui/Button.tsx'
import { Dialog } from '../../ui/Dialog.tsx'
import { plural } from '../../ui/format.ts'
import { Inert } from '../../ui/Inert.tsx'
import { GateList } from '../actions/GateList.tsx'
import { Outcome } from '../actions/Outcome.tsx'

type Props = { tenant: { id: string; name: string; user_count: number | null }; onClose: () => void }

/** Ends every session of every user of one tenant: a confirmation, a reason, and how many ended (C26–C29). */
export function ForceLogoutDialog({ tenant, onClose }: Props) {
  const [answer, setAnswer] = useState<ActionRequest | null>(null)
  return (
    <Dialog
      title="Force Logout All Sessions"
      onClose={onClose}
      wide
      footer={
        answer ? (
          <Button kind="main" data-autofocus onClick={onClose}>
            Close
          </Button>
        ) : undefined
      }
    >
      {answer ? (
        <Outcome request={answer} />
      ) : (
        <GateList
          action="force_logout"
          target={{ kind: 'tenant', id: tenant.id, label: tenant.name }}
          tenantName={tenant.name}
          concerns={
            <>
              {tenant.user_count === null ? 'All users' : `All ${plural(tenant.user_count, 'user')}`} of{' '}
              <Inert text={tenant.name} className="font-medium text-ink" /> are signed out everywhere at once and must sign in again. No
              other tenant is affected.
            </>
          }
          onClose={onClose}
          onDone={setAnswer}
        />
      )}
    </Dialog>
  )
}
