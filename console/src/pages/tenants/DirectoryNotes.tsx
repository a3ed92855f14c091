import type { TenantPage } from '@countersign/contract/tenants.ts'
import { TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { useMe } from '../../api/me.ts'
import { plural } from '../../ui/format.ts'
import { Inert } from '../../ui/Inert.tsx'
import { Time } from '../../ui/Time.tsx'
import { UnreadRows } from '../../ui/Unread.tsx'

type Read = Pick<TenantPage, 'directory' | 'synced_at'>

/** Whose directory the list is, and when it last answered. */
export function DirectoryLine({ directory: { address }, synced_at }: Read) {
  const { product_name } = useMe()
  if (address === null) return null
  return (
    <span className="text-faint text-xs">
      <Inert text={product_name} /> at <Inert text={address} className="id break-all" />{' '}
      {synced_at === null ? 'has not been read yet' : 'answered'} {synced_at === null ? null : <Time at={synced_at} />}
    </span>
  )
}

function Note({ children }: { children: ReactNode }) {
  return (
    <div role="status" className="flex items-start gap-3 rounded-md border border-warn-edge bg-warn-wash px-3 py-2.5 text-sm">
      <TriangleAlert aria-hidden="true" className="mt-0.5 size-4 shrink-0 text-warn" />
      <div className="min-w-0 flex-1">{children}</div>
    </div>
  )
}

/** What is wrong with the directory: why it was not read, and which of its rows could not be. */
export function DirectoryNotes({ directory: { trouble, unreadable }, synced_at }: Read) {
  return (
    <>
      {synced_at === null && trouble === null ? (
        <Note>
          <p className="font-medium">The tenants are being read for the first time.</p>
          <p className="text-soft">They appear here by themselves. The example product takes a few seconds to make its data.</p>
        </Note>
      ) : null}
      {trouble === null ? null : (
        <Note>
          <p className="font-medium">The last attempt to read the directory failed.</p>
          <p className="text-soft">
            The list is as it was before. It is tried again; <code className="id">countersign connector check</code> says more.
          </p>
          <p className="mt-1 text-soft text-xs">
            <Inert text={trouble} className="id break-all" />
          </p>
        </Note>
      )}
      {unreadable.count === 0 ? null : (
        <Note>
          <p className="font-medium">
            {plural(unreadable.count, 'tenant')} of the directory cannot be read, and {unreadable.count === 1 ? 'is' : 'are'} left out or
            shown as before.
          </p>
          <UnreadRows unreadable={unreadable} of="tenant" />
        </Note>
      )}
    </>
  )
}
