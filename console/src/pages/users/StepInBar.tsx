import { ttlDefaultMinutes, ttlMaximumUserMinutes } from '@countersign/contract/sessions.ts'
import type { UserPane } from '@countersign/contract/users.ts'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { LogIn } from 'lucide-react'
import { useEffect, useRef } from 'react'
import { useNoConnection } from '../../api/connection.ts'
import { useMe } from '../../api/me.ts'
import { scopesQuery, useCreateSession } from '../../api/sessions.ts'
import { paths } from '../../paths.ts'
import { Button } from '../../ui/Button.tsx'
import { Inert } from '../../ui/Inert.tsx'
import { SigningFailure } from '../keys/SigningFailure.tsx'
import { OpenAlready } from '../sessions/OpenAlready.tsx'
import { defaultScopes, namedScopes } from '../sessions/presets.ts'
import { useSessionGates } from '../sessions/useSessionGates.ts'
import { openImpersonate, reasonOf } from './impersonate.ts'

/**
 * From the link of a ticket, one more key shows the product as the user sees it (M21). What will be opened is said here, and is
 * changed in the dialog. Where the policy wants somebody's approval, the dialog asks for it.
 */
export function StepInBar({ pane }: { pane: UserPane }) {
  const { user, tenant, opened } = pane
  const { views } = useMe()
  const { data: catalogue } = useQuery(scopesQuery)
  const { isKnown, asksApproval, needsSignature } = useSessionGates(user.tenant_id, user.id)
  const create = useCreateSession()
  const navigate = useNavigate()
  const noConnection = useNoConnection()
  const place = useRef<HTMLDivElement>(null)
  const scopes = catalogue ? namedScopes(catalogue, defaultScopes(catalogue)) : []
  const isReady = isKnown && scopes.length > 0
  useEffect(() => {
    if (!isReady) return
    // After the page itself has taken the focus, and never from where somebody writes.
    const frame = requestAnimationFrame(() => {
      const { activeElement: now, body } = document
      if (now === body || now?.id === 'main') place.current?.querySelector<HTMLElement>('[data-first]')?.focus({ preventScroll: true })
    })
    return () => cancelAnimationFrame(frame)
  }, [isReady])

  const reason = reasonOf(opened.ticket)
  if (!views || reason === undefined || asksApproval) return null
  const minutes = Math.min(ttlDefaultMinutes, ttlMaximumUserMinutes, catalogue?.max_minutes ?? ttlMaximumUserMinutes)
  const stepIn = () =>
    create.mutate(
      {
        input: {
          tenant_id: user.tenant_id,
          target_user_id: user.id,
          reason,
          scopes,
          ttl_minutes: minutes,
          ...(opened.ticket ? { ticket: opened.ticket } : {}),
        },
        needsSignature,
        ask_approval: false,
      },
      { onSuccess: (answer) => 'token' in answer && void navigate(paths.view(answer.session.id)) },
    )
  return (
    <div ref={place} className="flex flex-col gap-2 rounded-lg border border-accent-edge bg-accent-wash px-4 py-3">
      <OpenAlready tenantId={user.tenant_id} userId={user.id} />
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <p className="min-w-0 flex-1 basis-80 text-sm">
          See the product as <Inert text={user.email} className="font-medium" /> does, read-only, for {minutes} min, because: “{reason}”.{' '}
          <span className="text-soft">
            <Inert text={tenant?.name ?? user.tenant_id} /> will see this, and every request.
          </span>
        </p>
        <span className="flex shrink-0 gap-2">
          <Button onClick={() => openImpersonate(pane)}>Change</Button>
          <Button
            kind="main"
            icon={<LogIn />}
            data-first
            disabled={!isReady || create.isPending || noConnection !== undefined}
            onClick={stepIn}
          >
            {create.isPending ? 'Stepping in' : 'Step in'}
          </Button>
        </span>
      </div>
      {create.error ? <SigningFailure error={create.error} /> : null}
    </div>
  )
}
