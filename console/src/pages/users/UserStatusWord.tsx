import type { User } from '@countersign/contract/users.ts'
import { Tag } from '../../ui/Badge.tsx'

/** Nothing to say about an active user; the others have a mark. */
export function UserStatusWord({ status, always = true }: { status: User['status']; always?: boolean }) {
  if (status === 'active') return always ? <span className="text-soft text-sm">active</span> : null
  if (status === 'suspended') return <Tag tone="red">suspended</Tag>
  return <Tag>{status}</Tag>
}
