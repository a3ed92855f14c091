import { isWorthSearching, Ticket } from '@countersign/contract/text.ts'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Eye, UserSearch } from 'lucide-react'
import { type FormEvent, useId, useMemo, useState } from 'react'
import { client } from '../../api/client.ts'
import { useNoConnection } from '../../api/connection.ts'
import { userSearchQuery } from '../../api/users.ts'
import { paths } from '../../paths.ts'
import { Button } from '../../ui/Button.tsx'
import { Card } from '../../ui/Card.tsx'
import { describedBy, Field, Input } from '../../ui/Field.tsx'
import { Page } from '../../ui/Page.tsx'
import { FailureNote } from '../../ui/States.tsx'
import { findMeant } from './find.ts'
import { GoSearch } from './search.ts'

/** Looks the user up, which is on the record, and opens the pane; where nobody or several are meant, the list says who there is. */
const useLookUp = () => {
  const navigate = useNavigate()
  const [isLooking, setLooking] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const lookUp = async (user: string, ticket: string | undefined) => {
    setLooking(true)
    setError(null)
    try {
      const { items } = await client.fetchQuery(userSearchQuery(user))
      const meant = findMeant(items, user)
      await (meant ? navigate({ ...paths.user(meant.id, ticket), state: { isFromTicket: true } }) : navigate(paths.users(user, ticket)))
    } catch (failure) {
      setError(failure)
    }
    setLooking(false)
  }
  return { isLooking, error, lookUp }
}

const whatIsMissing = (user: string, ticket: string): string | null => {
  if (!isWorthSearching(user)) return 'Name a user'
  return ticket === '' || Ticket.safeParse(ticket).success ? null : 'Write the ticket as #4831 or SUP-4831'
}

/** Where a link of the ticket desk leads (M21). Opening it looks nobody up: that takes a person. */
export function GoPage() {
  const asked = useSearch({ from: '/shell/go' })
  const given = useMemo(() => GoSearch.parse(asked), [asked])
  const id = useId()
  const [user, setUser] = useState(given.user ?? '')
  const [ticket, setTicket] = useState(given.ticket ?? '')
  const { isLooking, error, lookUp } = useLookUp()
  const noConnection = useNoConnection()
  const missing = noConnection ?? whatIsMissing(user.trim(), ticket.trim())
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (missing === null && !isLooking) void lookUp(user.trim(), ticket.trim() || undefined)
  }
  const leftOut = [given.user === '' && 'user', given.ticket === '' && 'ticket'].filter((part) => part !== false)
  return (
    <Page title="From a ticket">
      <Card title="Look up a user" className="w-full max-w-160">
        <form onSubmit={submit} className="flex flex-col gap-4">
          {leftOut.length > 0 ? (
            <p role="alert" className="text-sm text-warn">
              The link names a {leftOut.join(' and a ')} that cannot be one, so it is left out.
            </p>
          ) : null}
          <div className="grid grid-cols-1 gap-4 sm:grid-cols-[minmax(0,1fr)_160px]">
            <Field label="User" htmlFor={`${id}-user`} hint="The full e-mail address, or the user id.">
              <Input
                id={`${id}-user`}
                value={user}
                maxLength={200}
                autoFocus={user === ''}
                aria-describedby={describedBy(`${id}-user`)}
                onChange={(event) => setUser(event.target.value)}
              />
            </Field>
            <Field label="Ticket" htmlFor={`${id}-ticket`} optional hint="#4831 or SUP-4831">
              <Input
                id={`${id}-ticket`}
                value={ticket}
                maxLength={65}
                aria-describedby={describedBy(`${id}-ticket`)}
                onChange={(event) => setTicket(event.target.value)}
              />
            </Field>
          </div>
          <p className="flex items-start gap-1.5 text-faint text-xs">
            <Eye aria-hidden="true" className="mt-px size-3.5 shrink-0" />
            Nobody has been looked up yet. Looking up is recorded with your name and the ticket, and the user’s tenant sees it.
          </p>
          {error ? <FailureNote error={error} /> : null}
          <div className="flex flex-wrap items-center justify-end gap-3">
            {missing ? <span className="mr-auto text-faint text-sm">{missing}</span> : null}
            <Button submit kind="main" icon={<UserSearch />} autoFocus={missing === null} disabled={missing !== null || isLooking}>
              {isLooking ? 'Looking up' : 'Look up the user'}
            </Button>
          </div>
        </form>
      </Card>
    </Page>
  )
}
