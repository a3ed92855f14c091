import { TriangleAlert } from 'lucide-react'
import { Lifecycle } from '../../ui/Badge.tsx'
import { ShortId } from '../../ui/IdChip.tsx'
import { Inert } from '../../ui/Inert.tsx'
import type { CreateTarget } from './CreateDialog.tsx'
import { Notice, OpenAlready } from './OpenAlready.tsx'

type Props = Pick<CreateTarget, 'tenant' | 'user'> & { onLeave: () => void }

/** Whom it is on, what is out of the ordinary about that tenant, and a session of mine that is open there already. */
export function BeforeCreating({ tenant, user, onLeave }: Props) {
  return (
    <div className="flex flex-col gap-2">
      <p className="flex min-w-0 flex-wrap items-baseline gap-x-2 text-sm">
        <span className="text-faint">On</span>
        {user ? (
          <>
            <Inert text={user.email} className="font-medium" />
            <span className="text-faint">of</span>
          </>
        ) : null}
        <Inert text={tenant.name} className="min-w-0 break-words font-medium" />
        <ShortId id={tenant.id} className="text-faint" />
        {tenant.status && tenant.status !== 'active' ? <Lifecycle status={tenant.status} /> : null}
      </p>
      {tenant.status === 'closed' || tenant.status === 'suspended' ? (
        <Notice icon={<TriangleAlert aria-hidden="true" className="mt-0.5 size-4 shrink-0 text-warn" />}>
          <Inert text={tenant.name} className="font-medium" /> is {tenant.status}: make sure that this is the tenant you mean.
        </Notice>
      ) : null}
      <OpenAlready tenantId={tenant.id} userId={user?.id} onLeave={onLeave} />
    </div>
  )
}
