import type { EndedBy, Session } from '@countersign/contract/sessions.ts'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { CookieIcon, type LucideIcon, PlugZap, Settings2, SquareX, Timer, TriangleAlert } from 'lucide-react'
import { type ReactNode, useEffect } from 'react'
import { client } from '../../api/client.ts'
import { isFailure } from '../../api/failure.ts'
import { receiptQuery } from '../../api/sessions.ts'
import { paths } from '../../paths.ts'
import { Button, buttonClass } from '../../ui/Button.tsx'
import { Facts } from '../../ui/Card.tsx'
import { Code } from '../../ui/Code.tsx'
import { formatDuration, formatNumber } from '../../ui/format.ts'
import { FailureNote } from '../../ui/States.tsx'
import { Instant } from '../../ui/Time.tsx'
import { ScopeTag } from '../sessions/Scopes.tsx'
import { whyUnusable } from '../sessions/unusable.ts'

type Props = { icon: LucideIcon; title: string; children?: ReactNode; acts?: ReactNode }

/** What stands where the product was, or would be. */
export function Instead({ icon: Icon, title, children, acts }: Props) {
  return (
    <div className="flex h-full flex-col overflow-y-auto px-5 py-8">
      <div className="m-auto flex w-full max-w-[56ch] flex-col gap-3">
        <Icon aria-hidden="true" strokeWidth={1.5} className="size-7 text-faint" />
        <h2 className="font-semibold text-lg">{title}</h2>
        {children}
        {acts ? <div className="mt-2 flex flex-wrap gap-2">{acts}</div> : null}
      </div>
    </div>
  )
}

const backTo = (session: Session) => (
  <Link {...paths.session(session.id)} className={buttonClass()}>
    Open the session
  </Link>
)

const endings: Record<EndedBy, string> = {
  opener: 'You ended the session',
  staff: 'A staff member revoked the session',
  tenant: 'The tenant revoked the session',
  system: 'The program ended the session',
  expiry: 'The session has expired',
  idle: 'The session has ended: it was idle for too long',
  tenant_gone: 'The session has ended: its tenant was deleted',
  role_lost: 'The session has ended: you lost the role that it needs',
  frozen: 'The session has ended: your account was disabled',
  signed_out: 'The session has ended: you signed out',
}

/** How it ended, and what was done in it, as the customer will read it. */
export function Ended({ session }: { session: Session }) {
  const { data: receipt } = useQuery({ ...receiptQuery(session), enabled: session.status !== 'ACTIVE' })
  const isStillRead = session.status === 'ACTIVE'
  // The time has run out here: the server says how it ended.
  useEffect(() => {
    if (isStillRead) void client.invalidateQueries({ queryKey: ['sessions'] })
  }, [isStillRead])
  const title = session.ended_by === null ? (whyUnusable(session)?.short ?? 'The session is over') : endings[session.ended_by]
  return (
    <Instead icon={session.ended_by === 'expiry' ? Timer : SquareX} title={title} acts={<After session={session} />}>
      <p className="text-soft">{whyUnusable(session)?.sentence ?? 'The product is closed here, and no more requests reach it.'}</p>
      <Facts
        facts={[
          session.ended_at !== null && ['Ended', <Instant key="at" at={session.ended_at} />],
          session.revocation_reason !== null && ['Reason given', session.revocation_reason],
          session.ended_at !== null && ['Lasted', formatDuration(Date.parse(session.ended_at) - Date.parse(session.issued_at))],
          receipt !== undefined && ['Requests', formatNumber(receipt.totals.requests)],
          receipt !== undefined && ['Scopes used', <Used key="used" granted={receipt.scopes_granted} used={receipt.scopes_used} />],
        ]}
      />
    </Instead>
  )
}

function Used({ granted, used }: { granted: readonly string[]; used: readonly string[] }) {
  return (
    <span className="flex flex-wrap items-center gap-1">
      {used.map((scope) => (
        <ScopeTag key={scope} scope={scope} />
      ))}
      <span className="text-faint">
        {used.length === 0 ? 'none' : ''} of {granted.length} granted
      </span>
    </span>
  )
}

function After({ session }: { session: Session }) {
  return (
    <>
      {backTo(session)}
      {session.target_user_id === null ? (
        <Link {...paths.tenant(session.tenant_id)} className={buttonClass()}>
          Open the tenant
        </Link>
      ) : (
        <Link {...paths.user(session.target_user_id, session.ticket ?? undefined)} className={buttonClass()}>
          Open the user
        </Link>
      )}
    </>
  )
}

export function ClosedByOther({ session, onAgain }: { session: Session; onAgain: () => void }) {
  return (
    <Instead
      icon={SquareX}
      title="Another view was opened in this browser"
      acts={
        <>
          <Button kind="main" onClick={onAgain}>
            Show it here again
          </Button>
          {backTo(session)}
        </>
      }
    >
      <p className="text-soft">
        A browser shows one view at a time, so that no page can leave cookies behind for the next. The session itself still runs.
      </p>
    </Instead>
  )
}

const settings = `gateway:
  browser_origin: https://*.access-product.example`

function NotOffered({ session }: { session: Session }) {
  return (
    <Instead icon={Settings2} title="The product cannot be shown here yet" acts={backTo(session)}>
      <p className="text-soft">
        It needs a domain of its own, shared with neither this console nor the product. Whoever runs this sets it in the configuration, with
        a DNS record and a certificate for all names below it. The session’s token works without it.
      </p>
      <Code what="configuration" text={settings} />
    </Instead>
  )
}

/** Codes of a hand-over that was refused because the browser kept no cookie in the frame. */
const cookieCodes: readonly string[] = ['handover_other_browser', 'view_missing']

export function NotShown({ session, error, onAgain }: { session: Session; error: unknown; onAgain: () => void }) {
  const code = isFailure(error) ? error.code : ''
  const again = (
    <>
      <Button kind="main" onClick={onAgain}>
        Try again
      </Button>
      {backTo(session)}
    </>
  )
  if (code === 'view_not_offered') return <NotOffered session={session} />
  if (code === 'gateway_silent')
    return (
      <Instead icon={PlugZap} title="The gateway does not answer in this browser" acts={again}>
        <p className="text-soft">
          The page that admits this browser did not load. A proxy, an ad blocker or a missing DNS record may be in the way. The session
          still runs, and its token works.
        </p>
      </Instead>
    )
  if (cookieCodes.includes(code))
    return (
      <Instead icon={CookieIcon} title="This browser keeps no cookies for the product’s frame" acts={again}>
        <p className="text-soft">
          The product is on an address of its own, and its session is one cookie that only this page and that address share. Allow cookies
          in frames for this console: they are partitioned, so they cannot be used to track anybody. A private window or a blocker may
          refuse them.
        </p>
        <p className="id text-faint text-xs">{code}</p>
      </Instead>
    )
  return (
    <Instead icon={TriangleAlert} title="The product is not shown" acts={again}>
      <FailureNote error={error} />
    </Instead>
  )
}
