import { errorCatalogue, isErrorCode } from '@countersign/contract/errors.ts'
import { useQuery } from '@tanstack/react-query'
import { useSearch } from '@tanstack/react-router'
import { ArrowRight, LogIn } from 'lucide-react'
import { useEffect } from 'react'
import { Failure } from '../../api/failure.ts'
import { meQuery, signInOptionsQuery } from '../../api/me.ts'
import { RoleBadge } from '../../ui/Badge.tsx'
import { buttonClass } from '../../ui/Button.tsx'
import { Mark } from '../../ui/Mark.tsx'
import { Avatar } from '../../ui/Person.tsx'
import { FailureNote, Loading } from '../../ui/States.tsx'

const whyWords = {
  not_signed_in: null,
  signed_out: 'You are signed out.',
  session_idle: 'You were signed out after 15 minutes without activity.',
  session_over: 'Your sign-in has reached its limit of 8 hours or was ended.',
} as const

const address = (returnTo: string, login?: string) =>
  `/auth/sign-in?${new URLSearchParams({ ...(login === undefined ? {} : { as: login }), return_to: returnTo })}`

export function SignInPage() {
  const { return_to: returnTo = '/', why, refused, request_id: requestId } = useSearch({ from: '/sign-in' })
  const { data: options, error, refetch } = useQuery(signInOptionsQuery)
  useEffect(() => {
    document.title = 'Sign in · Countersign'
  }, [])
  // The answer came a second time, by reload or double click: whoever is signed in already has nothing to do here.
  const isStale = refused === 'sign_in_stale'
  const { data: me } = useQuery({ ...meQuery, enabled: isStale, retry: false, refetchInterval: false })
  useEffect(() => {
    if (isStale && me) location.replace('/')
  }, [isStale, me])
  const words = why ? whyWords[why] : null
  return (
    <main className="flex h-full flex-col items-center overflow-y-auto px-4 py-10">
      <div className="m-auto flex w-full max-w-[400px] flex-col gap-6">
        <div className="flex flex-col items-center gap-4 text-center">
          <Mark size={40} />
          <div className="flex flex-col gap-1">
            <h1 className="font-semibold text-xl tracking-[-0.011em]">Sign in to Countersign</h1>
            <p className="text-soft text-sm">Everything you do here is recorded with your name.</p>
          </div>
        </div>
        {words ? (
          <p role="status" className="rounded-md border border-line bg-panel px-3 py-2 text-center text-sm">
            {words}
          </p>
        ) : null}
        {refused && isErrorCode(refused) ? (
          <FailureNote error={new Failure({ code: refused, requestId, ...errorCatalogue[refused] })} />
        ) : null}
        {error ? <FailureNote error={error} onRetry={() => void refetch()} /> : null}
        {!options && !error ? <Loading lines={3} /> : null}
        {options?.local_people ? <People people={options.local_people} returnTo={returnTo} /> : null}
        {options && !options.local_people ? (
          <a href={address(returnTo)} className={`${buttonClass('main')} !h-10`}>
            <LogIn aria-hidden="true" /> Sign in with {options.issuer}
          </a>
        ) : null}
      </div>
    </main>
  )
}

type Person = { login: string; name: string; email: string; roles: readonly Parameters<typeof RoleBadge>[0]['role'][] }

function People({ people, returnTo }: { people: readonly Person[]; returnTo: string }) {
  return (
    <>
      <ul className="divide-y divide-line overflow-hidden rounded-lg border border-line bg-panel">
        {people.map((person) => (
          <li key={person.login}>
            <a
              href={address(returnTo, person.login)}
              className="group flex items-center gap-3 px-4 py-3 transition-colors -outline-offset-2 hover:bg-hover"
            >
              <Avatar of={person.name} kind="staff" size={32} />
              <span className="flex min-w-0 flex-1 flex-col">
                <span className="truncate font-medium">{person.name}</span>
                <span className="truncate text-faint text-xs">{person.email}</span>
              </span>
              <span className="flex shrink-0 flex-col items-end gap-1">
                {person.roles.length > 0 ? (
                  person.roles.map((role) => <RoleBadge key={role} role={role} />)
                ) : (
                  <span className="text-faint text-xs">no role</span>
                )}
              </span>
              <ArrowRight aria-hidden="true" className="size-4 shrink-0 text-faint transition-transform group-hover:translate-x-0.5" />
            </a>
          </li>
        ))}
      </ul>
      <p className="text-center text-faint text-xs">Local sign-in without passwords, for trying things out. Not for production.</p>
    </>
  )
}
