import type { ScopeCatalogue } from '@countersign/contract/scopes.ts'
import type { CreatedSession } from '@countersign/contract/sessions.ts'
import { Link, useNavigate } from '@tanstack/react-router'
import { EyeOff, LogIn } from 'lucide-react'
import { useState } from 'react'
import { useMe } from '../../api/me.ts'
import { paths } from '../../paths.ts'
import { SessionBadge } from '../../ui/Badge.tsx'
import { Button, buttonClass } from '../../ui/Button.tsx'
import { Facts } from '../../ui/Card.tsx'
import { Code } from '../../ui/Code.tsx'
import { CopyButton } from '../../ui/Copy.tsx'
import { Countdown } from '../../ui/Countdown.tsx'
import { Dialog } from '../../ui/Dialog.tsx'
import { IdChip } from '../../ui/IdChip.tsx'
import { Inert } from '../../ui/Inert.tsx'
import { Instant } from '../../ui/Time.tsx'
import { exampleRoute, formatCurl } from './curl.ts'
import { whyNotStepIn } from './StepInButton.tsx'

type Props = { created: CreatedSession; catalogue: ScopeCatalogue; onClose: () => void }

/**
 * The session is there. Most step in with it, and need no token; it is shown this once, so nothing else closes this before it is copied or
 * given up.
 */
export function Created({ created: { session, token, gateway_url: gatewayUrl }, catalogue, onClose }: Props) {
  const route = exampleRoute(catalogue, session.scopes, { tenantId: session.tenant_id, userId: session.target_user_id })
  const navigate = useNavigate()
  const canStepIn = whyNotStepIn(session, useMe()) === undefined
  const [isCopied, setCopied] = useState(false)
  const [leaving, setLeaving] = useState<'closed' | 'opened' | null>(null)
  const leave = (to: 'closed' | 'opened') => {
    onClose()
    if (to === 'opened') void navigate(paths.session(session.id))
  }
  const tryLeaving = (to: 'closed' | 'opened') => (isCopied ? leave(to) : setLeaving(to))
  const stepIn = () => {
    onClose()
    void navigate(paths.view(session.id))
  }
  const onCopied = () => {
    setCopied(true)
    setLeaving(null)
  }
  return (
    <Dialog
      title="Support session created"
      onClose={() => tryLeaving('closed')}
      wide
      footer={
        leaving ? (
          <>
            <span role="alert" className="mr-auto text-sm text-warn">
              The token is not copied and cannot be shown again
            </span>
            <CopyButton text={token} what="token" label="Copy token" main isFirst onCopied={onCopied} />
            <Button onClick={() => leave(leaving)}>Close without it</Button>
          </>
        ) : (
          <>
            <Button autoFocus={isCopied && !canStepIn} onClick={() => tryLeaving('closed')}>
              Done
            </Button>
            <Link
              {...paths.session(session.id)}
              onClick={(event) => {
                event.preventDefault()
                tryLeaving('opened')
              }}
              className={buttonClass(isCopied && !canStepIn ? 'main' : 'plain')}
            >
              Open the session
            </Link>
            {canStepIn ? (
              <Button key="step-in" kind="main" icon={<LogIn />} data-autofocus autoFocus onClick={stepIn}>
                Step in
              </Button>
            ) : null}
          </>
        )
      }
    >
      <div
        onCopy={() => {
          if (document.getSelection()?.toString().includes(token)) onCopied()
        }}
        className="flex flex-col gap-5"
      >
        <Facts
          facts={[
            ['Session', <IdChip key="id" id={session.id} what="session id" whole />],
            [
              'Tenant',
              <span key="tenant" className="flex items-center gap-2">
                <Inert text={session.tenant_name ?? session.tenant_id} /> <SessionBadge status={session.status} />
              </span>,
            ],
            [
              'Expires',
              <span key="expires" className="flex flex-wrap items-center gap-x-3">
                <Countdown issuedAt={session.issued_at} expiresAt={session.expires_at} /> <Instant at={session.expires_at} />
              </span>,
            ],
          ]}
        />
        <section className="flex flex-col gap-2">
          <div className="flex items-center gap-2">
            <h3 className="font-medium text-sm">Token</h3>
            <span className="inline-flex items-center gap-1 text-warn text-xs">
              <EyeOff aria-hidden="true" className="size-3.5" /> shown once; only its hash is kept
            </span>
          </div>
          <div className="flex flex-wrap items-center gap-2">
            <output className="id min-w-0 flex-1 break-all rounded-md border border-line bg-sunk px-3 py-1.5 max-sm:basis-full">
              {token}
            </output>
            <CopyButton
              text={token}
              what="token"
              label="Copy token"
              main={!isCopied && leaving === null && !canStepIn}
              isFirst={!canStepIn}
              onCopied={onCopied}
            />
          </div>
        </section>
        {route ? (
          <section className="flex flex-col gap-2">
            <h3 className="font-medium text-sm">A first request</h3>
            <Code what="curl command" text={formatCurl(gatewayUrl, route.path, token)} onCopied={onCopied} />
          </section>
        ) : null}
      </div>
    </Dialog>
  )
}
