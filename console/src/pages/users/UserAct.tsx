import type { ActionRequest, ActionRow } from '@countersign/contract/action-requests.ts'
import type { ActionName } from '@countersign/contract/actions.ts'
import type { UserPane, UserSession } from '@countersign/contract/users.ts'
import { type ReactNode, useId } from 'react'
import { Button } from '../../ui/Button.tsx'
import { Inert } from '../../ui/Inert.tsx'
import { endingWords } from '../actions/devices.ts'
import { GateList } from '../actions/GateList.tsx'
import { actionWords } from '../actions/words.ts'
import { openImpersonate } from './impersonate.ts'

/** Which gate list of the pane is open, and of which session of the user where that matters. */
export type OpenAct = { action: ActionName; sessionId?: string }

type Props = {
  pane: UserPane
  row: ActionRow
  act: OpenAct
  onChoose: (sessionId: string) => void
  onClose: () => void
  onDone: (request: ActionRequest) => void
}

/** The gate list of one action on the user of the pane. The pane's ticket is inherited (A42). */
export function UserAct({ pane, row, act, onChoose, onClose, onDone }: Props) {
  const { user, tenant, sessions, opened } = pane
  const tenantName = tenant?.name ?? user.tenant_id
  if (row.action === 'impersonate') return <Impersonate pane={pane} onClose={onClose} />
  const isOne = row.action === 'revoke_session'
  const session = sessions.find(({ id }) => id === act.sessionId)
  return (
    <GateList
      action={row.action}
      target={{ kind: 'user', id: user.id, label: user.email }}
      tenantName={tenantName}
      ticket={opened.ticket}
      concerns={<Concerns pane={pane} action={row.action} session={session} />}
      {...(isOne
        ? {
            parameters: act.sessionId === undefined ? {} : { session_id: act.sessionId },
            input: {
              element: <WhichSession sessions={sessions} chosen={session?.id} onChoose={onChoose} />,
              missing: session ? null : 'choose which session ends',
            },
          }
        : {})}
      onClose={onClose}
      onDone={onDone}
    />
  )
}

const countOf = (pane: UserPane, ...kinds: string[]) => pane.factors.filter(({ kind }) => kinds.includes(kind)).length

/** Whom and how many it concerns, as the pane knows it. */
function Concerns({ pane, action, session }: { pane: UserPane; action: ActionName; session: UserSession | undefined }): ReactNode {
  const { user, sessions } = pane
  const email = <Inert text={user.email} />
  switch (action) {
    case 'reset_passkey':
      return (
        <>
          {countOf(pane, 'passkey')} passkeys of {email} are removed.
        </>
      )
    case 'reset_totp':
      return (
        <>
          The authenticator app and the recovery codes of {email} are removed: {countOf(pane, 'totp', 'recovery_codes')} factors.
        </>
      )
    case 'revoke_session':
      return <Inert text={endingWords(session ? [session] : [])} />
    case 'revoke_sessions':
      return (
        <>
          <Inert text={endingWords(sessions)} /> {email} must sign in again.
        </>
      )
    case 'suspend_account':
      return (
        <>
          {email} cannot sign in any more. <Inert text={endingWords(sessions)} />
        </>
      )
    case 'restore_account':
      return <>{email} can sign in again.</>
    default:
      return <>A sign-in link is mailed to {email}.</>
  }
}

function WhichSession({
  sessions,
  chosen,
  onChoose,
}: {
  sessions: readonly UserSession[]
  chosen: string | undefined
  onChoose: (id: string) => void
}) {
  const name = useId()
  if (sessions.length === 0) return <p className="text-faint text-sm">The product reports no live session of this user.</p>
  return (
    <fieldset className="flex flex-col gap-1 text-sm">
      <legend className="mb-1 font-medium">Session</legend>
      {sessions.map((session) => (
        <label key={session.id} className="flex min-h-7 items-center gap-2 pointer-coarse:min-h-10">
          <input
            type="radio"
            name={name}
            checked={session.id === chosen}
            onChange={() => onChoose(session.id)}
            className="size-4 accent-(--color-accent-fill)"
          />
          <span className="min-w-0">
            <Inert text={session.device ?? 'Unknown device'} /> <Inert text={session.ip ?? ''} className="id text-faint" />
          </span>
        </label>
      ))}
    </fieldset>
  )
}

/** Its gates are those of the dialog that opens sessions: scopes and time belong to it. */
function Impersonate({ pane, onClose }: { pane: UserPane; onClose: () => void }) {
  const { user } = pane
  return (
    <div className="flex flex-col gap-3">
      <p className="text-soft text-sm">
        A support session that reaches what <Inert text={user.email} /> sees, read-only, for 15 minutes at most. Reason, scopes and time are
        asked for when it is created.
      </p>
      <div className="flex flex-wrap justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button kind="danger" data-autofocus onClick={() => openImpersonate(pane)}>
          <span>
            {actionWords.impersonate.act} <Inert text={user.email} />
          </span>
        </Button>
      </div>
    </div>
  )
}
