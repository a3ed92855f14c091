import type { ActionRequest } from '@countersign/contract/action-requests.ts'
import { useRef } from 'react'
import { type Attempt, useRequestAction } from '../../api/actions.ts'
import { isFailure } from '../../api/failure.ts'
import type { Gates } from './useGates.ts'

/** Whether the server may have done it although no answer says so. */
const isOpen = (error: unknown): boolean => isFailure(error) && (error.status === 0 || error.status >= 500)

/** Tries an action. The same words sent again after a lost answer are the same call: it is done at most once. */
export const useTry = (attempt: Attempt, gates: Gates, onAnswer: (request: ActionRequest) => void) => {
  const request = useRequestAction()
  const call = useRef({ words: '', key: '' })
  const run = () => {
    const words = JSON.stringify(attempt)
    if (call.current.words !== words) call.current = { words, key: crypto.randomUUID() }
    request.mutate(
      { ...attempt, key: call.current.key, needsSignature: gates.needsSignature, ask_approval: gates.asksApproval },
      {
        onSuccess: (made) => {
          call.current = { words: '', key: '' }
          onAnswer(made)
        },
        onError: (error) => {
          if (!isOpen(error)) call.current = { words: '', key: '' }
          gates.again()
        },
      },
    )
  }
  return { run, isPending: request.isPending, error: request.error, made: request.data }
}
