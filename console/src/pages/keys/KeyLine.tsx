import type { Passkey, PasskeyState } from '@countersign/contract/passkeys.ts'
import { KeyRound } from 'lucide-react'
import type { ReactNode } from 'react'
import { Tag } from '../../ui/Badge.tsx'
import { InertLine } from '../../ui/Inert.tsx'
import { Time } from '../../ui/Time.tsx'

const stateWords: Record<PasskeyState, string> = {
  usable: 'may sign',
  waits_for_confirmation: 'waiting for a super_admin to confirm it',
  waits_24_hours: 'waiting 24 hours',
}

export function KeyLine({ passkey, whose, children }: { passkey: Passkey; whose?: ReactNode; children: ReactNode }) {
  const { name, state, enrolled_at: enrolled, last_used_at: used, usable_from: from, is_synced: isSynced } = passkey
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1.5 px-4 py-2.5 text-sm">
      <KeyRound aria-hidden="true" className="size-4 shrink-0 text-faint" strokeWidth={1.75} />
      <span className="min-w-40 flex-1">
        <InertLine text={name} className="font-medium" />
        {whose}
        <span className="block text-faint text-xs">
          added <Time at={enrolled} />
          {used ? (
            <>
              , used <Time at={used} />
            </>
          ) : (
            ', never used'
          )}
          {isSynced ? ', synced between devices' : ', on one device'}
        </span>
      </span>
      <Tag tone={state === 'usable' ? 'green' : 'amber'}>
        {stateWords[state]}
        {state === 'waits_24_hours' && from ? (
          <>
            , can sign <Time at={from} />
          </>
        ) : null}
      </Tag>
      {children}
    </li>
  )
}
