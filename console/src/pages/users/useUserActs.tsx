import type { ActionRequest } from '@countersign/contract/action-requests.ts'
import type { ActionName } from '@countersign/contract/actions.ts'
import type { UserPane } from '@countersign/contract/users.ts'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { isOver, requestsQuery } from '../../api/actions.ts'
import { client } from '../../api/client.ts'
import { canApprove, useMe } from '../../api/me.ts'
import { Inert } from '../../ui/Inert.tsx'
import { useOverlay } from '../../ui/overlay.ts'
import { toast } from '../../ui/Toasts.tsx'
import { usePageTarget } from '../actions/pageAct.ts'
import { actionWords } from '../actions/words.ts'
import type { OpenAct } from './UserAct.tsx'

/** The product is asked again: what is shown is what is true now. */
const readAgain = () => client.invalidateQueries({ queryKey: ['users', 'pane'] })

const useOpenRequests = (userId: string): readonly ActionRequest[] => {
  const isApprover = canApprove(useMe())
  const mine = useInfiniteQuery(requestsQuery('mine', userId))
  const waiting = useInfiniteQuery({ ...requestsQuery('waiting', userId), enabled: isApprover })
  const all = [...(mine.data?.pages ?? []), ...(isApprover ? (waiting.data?.pages ?? []) : [])].flatMap((page) => page.items)
  return all.filter((request) => request.target.id === userId && !isOver(request))
}

/** What came to its end by somebody else's doing shows without a reload, too. */
const useReadAgainOnEnd = (open: readonly ActionRequest[]) => {
  const ids = open.map(({ id }) => id).join(' ')
  const before = useRef(ids)
  useEffect(() => {
    const hasEnded = before.current.split(' ').some((id) => id !== '' && !ids.split(' ').includes(id))
    before.current = ids
    if (hasEnded) void readAgain()
  }, [ids])
}

/** Which gate list of the pane is open, which requests wait, and whether glass is being broken (A13). */
export const useUserActs = ({ user }: UserPane, highRisk: readonly ActionName[]) => {
  const [act, setAct] = useState<OpenAct | null>(null)
  const overlay = useOverlay()
  const requests = useOpenRequests(user.id)
  useReadAgainOnEnd(requests)
  usePageTarget({ kind: 'user', id: user.id, label: user.email }, (action) => setAct({ action }))
  const isCreating = overlay?.kind === 'create' && overlay.user?.id === user.id
  const breaking: ActionName | undefined = isCreating
    ? 'impersonate'
    : act && highRisk.includes(act.action)
      ? act.action
      : requests[0]?.action
  const onDone = (request: ActionRequest) => {
    setAct(null)
    if (request.state === 'pending') return toast('Approval asked for', <Inert text={user.email} />)
    toast(actionWords[request.action].done, <Inert text={user.email} />)
    void readAgain()
  }
  return { act, setAct, requests, breaking, onDone }
}
