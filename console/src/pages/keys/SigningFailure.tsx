import { Link } from '@tanstack/react-router'
import { isFailure } from '../../api/failure.ts'
import { useMe } from '../../api/me.ts'
import { useStepUp } from '../../api/passkeys.ts'
import { paths } from '../../paths.ts'
import { Button, buttonClass } from '../../ui/Button.tsx'
import { FailureNote } from '../../ui/States.tsx'

const codeOf = (error: unknown): string => (isFailure(error) ? error.code : '')

/** What went wrong with a signature, and the way on. */
export function SigningFailure({ error, onFresh }: { error: unknown; onFresh?: () => void }) {
  const code = codeOf(error)
  return (
    <div className="flex flex-col gap-2">
      <FailureNote error={error} />
      {code === 'sign_in_not_fresh' ? <SignInAgain /> : null}
      {code === 'passkey_missing' ? (
        <Link {...paths.keys()} className={`${buttonClass('plain', 'small')} self-start`}>
          My keys
        </Link>
      ) : null}
      {code === 'passkey_not_fresh' && onFresh ? <SignFirst onFresh={onFresh} /> : null}
    </div>
  )
}

/** At the provider; the local one has its people on the page of sign-in. */
function SignInAgain() {
  const { local_sign_in: isLocal } = useMe()
  const here = new URLSearchParams({ return_to: `${location.pathname}${location.search}`, ...(isLocal ? {} : { fresh: 'true' }) })
  return (
    <a href={`${isLocal ? '/sign-in' : '/auth/sign-in'}?${here}`} className={`${buttonClass('plain', 'small')} self-start`}>
      Sign in again
    </a>
  )
}

function SignFirst({ onFresh }: { onFresh: () => void }) {
  const step = useStepUp()
  return (
    <>
      <Button size="small" className="self-start" disabled={step.isPending} onClick={() => step.mutate(undefined, { onSuccess: onFresh })}>
        Sign with a key that you have
      </Button>
      {step.error ? <FailureNote error={step.error} /> : null}
    </>
  )
}
