import type { Session } from '@countersign/contract/sessions.ts'
import { Ticket as TicketName } from '@countersign/contract/text.ts'
import { useId, useState } from 'react'
import { useNoConnection } from '../../api/connection.ts'
import { useAddTicket } from '../../api/sessions.ts'
import { Button } from '../../ui/Button.tsx'
import { Input } from '../../ui/Field.tsx'
import { FailureNote } from '../../ui/States.tsx'

/** Names the ticket of a session of mine that was opened without one. */
export function AddTicket({ session }: { session: Session }) {
  const [isOpen, setOpen] = useState(false)
  const [hasLeft, setLeft] = useState(false)
  const [text, setText] = useState('')
  const id = useId()
  const add = useAddTicket()
  const why = useNoConnection()
  const parsed = TicketName.safeParse(text)
  const leave = () => {
    setOpen(false)
    setLeft(true)
  }
  if (!isOpen)
    return (
      <Button size="small" autoFocus={hasLeft} onClick={() => setOpen(true)}>
        Add a ticket
      </Button>
    )
  return (
    <form
      className="flex flex-col gap-2"
      onSubmit={(event) => {
        event.preventDefault()
        if (parsed.success && !why) add.mutate({ id: session.id, ticket: parsed.data })
      }}
    >
      <span className="flex flex-wrap items-center gap-2">
        <label htmlFor={id} className="sr-only">
          Ticket
        </label>
        <Input
          id={id}
          autoFocus
          value={text}
          placeholder="#4831 or SUP-4831"
          aria-invalid={text !== '' && !parsed.success}
          onChange={(event) => setText(event.target.value)}
          className="!w-44"
        />
        <Button submit size="small" kind="main" disabled={!parsed.success || why !== undefined || add.isPending}>
          Save
        </Button>
        <Button size="small" onClick={leave}>
          Cancel
        </Button>
      </span>
      {add.error ? <FailureNote error={add.error} /> : null}
    </form>
  )
}
