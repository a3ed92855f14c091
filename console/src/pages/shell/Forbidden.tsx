import { useQuery } from '@tanstack/react-query'
import { LogOut, ShieldOff } from 'lucide-react'
import { useEffect } from 'react'
import { signOut } from '../../api/call.ts'
import { isFailure } from '../../api/failure.ts'
import { signInOptionsQuery } from '../../api/me.ts'
import { Button } from '../../ui/Button.tsx'
import { Mark } from '../../ui/Mark.tsx'
import { goToSignIn } from '../sign-in/go.ts'
import { Notices, TrialLine } from './Lines.tsx'

/** Signed in, but without a role that opens anything here (C1). */
export function Forbidden({ error }: { error: unknown }) {
  useEffect(() => {
    document.title = 'No access · Countersign'
  }, [])
  const failure = isFailure(error) ? error : null
  // Who may not even ask who they are is told by the page of sign-in how one signs in here.
  const { data: options } = useQuery(signInOptionsQuery)
  return (
    <div className="flex h-full flex-col">
      <Notices>
        <TrialLine isLocal={options?.local_people != null} isExample={false} />
      </Notices>
      <main className="flex min-h-0 flex-1 flex-col items-center justify-center gap-1 px-6 text-center">
        <div className="mb-8 flex items-center gap-2 font-semibold">
          <Mark /> Countersign
        </div>
        <ShieldOff aria-hidden="true" strokeWidth={1.5} className="mb-3 size-7 text-faint" />
        <h1 className="font-semibold text-lg">{failure?.message ?? 'Your account has no role in this console.'}</h1>
        <p className="max-w-[52ch] text-soft">{failure?.hint}</p>
        <p className="mt-2 text-faint text-xs">This attempt was recorded.</p>
        <Button className="mt-5" icon={<LogOut />} onClick={() => void signOut().then(() => goToSignIn('signed_out'))}>
          Sign out
        </Button>
        {failure ? (
          <p className="mt-6 flex flex-wrap justify-center gap-x-2 text-faint text-xs">
            <span className="id">{failure.code}</span>
            <span className="id break-all">{failure.requestId}</span>
          </p>
        ) : null}
      </main>
    </div>
  )
}
