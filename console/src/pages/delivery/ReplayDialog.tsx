import { type DestinationState, ReplayDestination } from '@countersign/contract/feed.ts'
import { zodResolver } from '@hookform/resolvers/zod'
import { useForm } from 'react-hook-form'
import { useNoConnection } from '../../api/connection.ts'
import { useReplayDestination } from '../../api/delivery.ts'
import { Button } from '../../ui/Button.tsx'
import { Consequence } from '../../ui/Consequence.tsx'
import { Dialog } from '../../ui/Dialog.tsx'
import { describedBy, Field, Input, TextArea } from '../../ui/Field.tsx'
import { formatNumber } from '../../ui/format.ts'
import { FailureNote } from '../../ui/States.tsx'
import { toast } from '../../ui/Toasts.tsx'

export function ReplayDialog({ destination, onClose }: { destination: DestinationState; onClose: () => void }) {
  const { name, next_index: next, log_size: size } = destination
  const replay = useReplayDestination(name)
  const why = useNoConnection()
  const { register, handleSubmit, formState, watch } = useForm({
    resolver: zodResolver(ReplayDestination),
    defaultValues: { from_index: 0, reason: '' },
  })
  const { errors } = formState
  const from = watch('from_index')
  const again = Number.isInteger(from) && from >= 0 ? Math.max(0, next - from) : 0
  const submit = handleSubmit((given) =>
    replay.mutate(given, {
      onSuccess: () => {
        onClose()
        toast('Replay started', name)
      },
    }),
  )
  return (
    <Dialog
      title={`Replay to ${name}`}
      onClose={onClose}
      footer={
        <>
          {why ? <span className="mr-auto text-faint text-sm">{why}</span> : null}
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="main" disabled={why !== undefined || replay.isPending} onClick={() => void submit()}>
            {replay.isPending ? 'Setting the place' : 'Replay'}
          </Button>
        </>
      }
    >
      <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-4">
        <Field
          label="From entry"
          htmlFor="replay-from"
          hint={`The log has ${formatNumber(size)} entries; delivery is at ${formatNumber(next)}.`}
          error={errors.from_index && 'A place in the log is a whole number, 0 for its start'}
        >
          <Input
            id="replay-from"
            type="number"
            min={0}
            max={size}
            aria-describedby={describedBy('replay-from')}
            aria-invalid={errors.from_index !== undefined}
            data-autofocus
            {...register('from_index', { valueAsNumber: true })}
          />
        </Field>
        <Field label="Reason" htmlFor="replay-reason" error={errors.reason && `The reason ${errors.reason.message}`}>
          <TextArea
            id="replay-reason"
            aria-describedby={describedBy('replay-reason')}
            aria-invalid={errors.reason !== undefined}
            {...register('reason')}
          />
        </Field>
        <Consequence>
          {again > 0 ? `Up to ${formatNumber(again)} entries are sent again, with the same ids. ` : 'The entries in between are not sent. '}
          Events parked from there on are tried again. This is recorded.
        </Consequence>
        {replay.error ? <FailureNote error={replay.error} /> : null}
      </form>
    </Dialog>
  )
}
