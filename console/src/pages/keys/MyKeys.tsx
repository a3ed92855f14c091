import type { Passkey } from '@countersign/contract/passkeys.ts'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useNoConnection } from '../../api/connection.ts'
import { myPasskeysQuery, useRemovePasskey } from '../../api/passkeys.ts'
import { Button } from '../../ui/Button.tsx'
import { Card } from '../../ui/Card.tsx'
import { Consequence } from '../../ui/Consequence.tsx'
import { Dialog } from '../../ui/Dialog.tsx'
import { Inert } from '../../ui/Inert.tsx'
import { FailureNote, Loading } from '../../ui/States.tsx'
import { toast } from '../../ui/Toasts.tsx'
import { KeyLine } from './KeyLine.tsx'

export function MyKeys() {
  const { data: keys, error, refetch } = useQuery(myPasskeysQuery)
  const [leaving, setLeaving] = useState<Passkey | null>(null)
  return (
    <Card title="Keys" flush={(keys?.length ?? 0) > 0}>
      {error ? <FailureNote error={error} onRetry={() => void refetch()} /> : null}
      {!keys && !error ? <Loading lines={2} /> : null}
      {keys?.length === 0 ? <p className="text-faint text-sm">You have no passkey yet. Without one you cannot approve anything.</p> : null}
      {keys && keys.length > 0 ? (
        <ul className="divide-y divide-line">
          {keys.map((passkey) => (
            <KeyLine key={passkey.id} passkey={passkey}>
              <Button kind="danger" size="small" aria-label={`Remove ${passkey.name}`} onClick={() => setLeaving(passkey)}>
                Remove
              </Button>
            </KeyLine>
          ))}
        </ul>
      ) : null}
      {leaving ? <RemoveDialog passkey={leaving} onClose={() => setLeaving(null)} /> : null}
    </Card>
  )
}

function RemoveDialog({ passkey, onClose }: { passkey: Passkey; onClose: () => void }) {
  const noConnection = useNoConnection()
  const remove = useRemovePasskey(() => {
    onClose()
    toast('Key removed', <Inert text={passkey.name} />)
  })
  return (
    <Dialog
      title="Remove a key"
      onClose={onClose}
      footer={
        <>
          {noConnection ? <span className="mr-auto text-faint text-sm">{noConnection}</span> : null}
          <Button onClick={onClose}>Keep the key</Button>
          <Button
            kind="danger"
            data-autofocus
            disabled={noConnection !== undefined || remove.isPending}
            onClick={() => remove.mutate(passkey.id)}
          >
            Remove the key
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3">
        <Consequence>
          <Inert text={passkey.name} className="font-medium text-ink" /> can no longer sign anything. Requests that it has approved and that
          are not carried out yet become void. This cannot be undone.
        </Consequence>
        {remove.error ? <FailureNote error={remove.error} /> : null}
      </div>
    </Dialog>
  )
}
