import type { ActionName } from '@countersign/contract/actions.ts'
import type { Unreadable } from '@countersign/contract/pages.ts'
import type { Factor } from '@countersign/contract/users.ts'
import { Fingerprint, KeyRound, Link2, ListChecks, type LucideIcon, MessageSquare, Network, Shield, Smartphone } from 'lucide-react'
import { Button } from '../../ui/Button.tsx'
import { Card } from '../../ui/Card.tsx'
import { InertLine } from '../../ui/Inert.tsx'
import { Time } from '../../ui/Time.tsx'
import { LeftOut } from '../../ui/Unread.tsx'

const looks: Record<Factor['kind'], { icon: LucideIcon; words: string }> = {
  password: { icon: KeyRound, words: 'Password' },
  passkey: { icon: Fingerprint, words: 'Passkey' },
  totp: { icon: Smartphone, words: 'Authenticator app' },
  magic_link: { icon: Link2, words: 'Magic link' },
  sms: { icon: MessageSquare, words: 'Text message' },
  recovery_codes: { icon: ListChecks, words: 'Recovery codes' },
  sso: { icon: Network, words: 'Single sign-on' },
  other: { icon: Shield, words: 'Other' },
}

/** Which action takes a factor away. */
const resets: Partial<Record<Factor['kind'], ActionName>> = {
  passkey: 'reset_passkey',
  totp: 'reset_totp',
  recovery_codes: 'reset_totp',
}

type Props = { factors: readonly Factor[]; unreadable: Unreadable; onAct: (action: ActionName) => void }

export function Factors({ factors, unreadable, onAct }: Props) {
  return (
    <Card title="Factors" flush={factors.length > 0} aside={<span className="text-faint text-xs nums">{factors.length}</span>}>
      {factors.length + unreadable.count === 0 ? <p className="text-faint text-sm">The product reports no factors for this user.</p> : null}
      <ul className="divide-y divide-line">
        {factors.map((factor) => {
          const { icon: Icon, words } = looks[factor.kind]
          const reset = resets[factor.kind]
          return (
            <li key={factor.id} className="flex items-center gap-3 px-4 py-2 text-sm">
              <Icon aria-hidden="true" className="size-4 shrink-0 text-faint" strokeWidth={1.75} />
              <span className="min-w-0 flex-1">
                {words}
                {factor.label ? <InertLine text={factor.label} className="text-faint text-xs" /> : null}
              </span>
              <span className="flex shrink-0 flex-col items-end text-xs">
                <span className="text-soft">
                  {factor.last_used_at ? (
                    <>
                      used <Time at={factor.last_used_at} />
                    </>
                  ) : (
                    'use unknown'
                  )}
                </span>
                {factor.enrolled_at ? (
                  <span className="text-faint">
                    enrolled <Time at={factor.enrolled_at} />
                  </span>
                ) : null}
              </span>
              <span className="flex w-14 shrink-0 justify-end">
                {reset ? (
                  <Button size="small" aria-label={`Reset ${words}`} onClick={() => onAct(reset)}>
                    Reset
                  </Button>
                ) : null}
              </span>
            </li>
          )
        })}
      </ul>
      <LeftOut unreadable={unreadable} of="factor" className={factors.length > 0 ? 'border-line border-t px-4 py-2' : 'mt-2'} />
    </Card>
  )
}
