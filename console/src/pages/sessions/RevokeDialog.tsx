import { RevokeSession, type Session } from '@countersign/contract/sessions.ts'
import { zodResolver } from '@hookform/resolvers/zod'
import { useForm } from 'react-hook-form'
import { useNoConnection } from '../../api/connection.ts'
import { useRevokeSession } from '../../api/sessions.ts'
import { Button } from '../../ui/Button.tsx'
import { Consequence } from '../../ui/Consequence.tsx'
import { Dialog } from '../../ui/Dialog.tsx'
import { describedBy, Field, TextArea } from '../../ui/Field.tsx'
import { Inert } from '../../ui/Inert.tsx'
import { FailureNote } from '../../ui/States.tsx'
import { toast } from '../../ui/Toasts.tsx'

export function RevokeDialog({ session, onClose }: { session: Session; onClose: () => void }) {
  const revoke = useRevokeSession()
  const why = useNoConnection()
  const { register, handleSubmit, formState } = useForm({ resolver: zodResolver(RevokeSession), defaultValues: { reason: '' } })
  const name = session.tenant_name ?? session.tenant_id
  const submit = handleSubmit(({ reason }) =>
    revoke.mutate(
      { id: session.id, reason },
      {
        onSuccess: (now) => {
          onClose()
          toast(now.status === 'REVOKED' ? 'Session revoked' : `The session is ${now.status.toLowerCase()} already`, <Inert text={name} />)
        },
      },
    ),
  )
  return (
    <Dialog
      title="Revoke Session"
      onClose={onClose}
      footer={
        <>
          {why ? <span className="mr-auto text-faint text-sm">{why}</span> : null}
          <Button onClick={onClose}>Keep the session</Button>
          <Button kind="danger" disabled={why !== undefined || revoke.isPending} onClick={() => void submit()}>
            {revoke.isPending ? 'Revoking' : 'Revoke Session'}
          </Button>
        </>
      }
    >
      <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-4">
        <p className="text-sm">
          {session.staff_email} loses access to <Inert text={name} className="font-medium" /> at once. Requests under way are cut.
        </p>
        <Field
          label="Reason"
          htmlFor="revoke-reason"
          optional
          error={formState.errors.reason && `The reason ${formState.errors.reason.message}`}
        >
          <TextArea
            id="revoke-reason"
            aria-describedby={describedBy('revoke-reason')}
            aria-invalid={formState.errors.reason !== undefined}
            data-autofocus
            {...register('reason')}
          />
        </Field>
        <Consequence>
          This cannot be undone. <Inert text={name} /> will see it in its audit log.
        </Consequence>
        {revoke.error ? <FailureNote error={revoke.error} /> : null}
      </form>
    </Dialog>
  )
}
