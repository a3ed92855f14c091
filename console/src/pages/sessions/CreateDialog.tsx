import type { ActionRequest } from '@countersign/contract/action-requests.ts'
import type { CreatedSession } from '@countersign/contract/sessions.ts'
import type { LifecycleStatus } from '@countersign/contract/tenants.ts'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { scopesQuery } from '../../api/sessions.ts'
import { paths } from '../../paths.ts'
import { Dialog } from '../../ui/Dialog.tsx'
import { FailureNote, Loading } from '../../ui/States.tsx'
import { toast } from '../../ui/Toasts.tsx'
import { askAvoided } from './askAvoided.tsx'
import { Created } from './Created.tsx'
import { CreateForm } from './CreateForm.tsx'

export type CreateTarget = {
  tenant: { id: string; name: string; status?: LifecycleStatus | undefined }
  user?: { id: string; email: string }
  ticket?: string | undefined
  /** What is offered as a reason, to be kept or changed. */
  reason?: string | undefined
}

export function CreateDialog({ onClose, ...target }: CreateTarget & { onClose: () => void }) {
  const { data: catalogue, error, refetch } = useQuery(scopesQuery)
  const [created, setCreated] = useState<CreatedSession | null>(null)
  const navigate = useNavigate()
  const onAnswer = (answer: CreatedSession | ActionRequest, isSteppingIn: boolean) => {
    if ('token' in answer && !isSteppingIn) return setCreated(answer)
    onClose()
    if ('token' in answer) return void navigate(paths.view(answer.session.id))
    toast('Approval asked for')
    void navigate(paths.approval(answer.id))
  }
  const leave = () => {
    onClose()
    askAvoided(target.tenant)
  }
  if (created && catalogue) return <Created created={created} catalogue={catalogue} onClose={onClose} />
  if (catalogue) return <CreateForm target={target} catalogue={catalogue} onClose={leave} onLeave={onClose} onCreated={onAnswer} />
  return (
    <Dialog title="Create Support Session" onClose={onClose} wide>
      {error ? <FailureNote error={error} onRetry={() => void refetch()} /> : <Loading />}
    </Dialog>
  )
}
