import type { RunnerAnswer } from '@countersign/contract/runner.ts'
import type { ScopeCatalogue } from '@countersign/contract/scopes.ts'
import type { Session } from '@countersign/contract/sessions.ts'
import { defaultUpstream } from '@countersign/contract/views.ts'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { serverNow } from '../../api/clock.ts'
import { useMe } from '../../api/me.ts'
import { scopesQuery } from '../../api/sessions.ts'
import { Card } from '../../ui/Card.tsx'
import { Empty, FailureNote, Loading } from '../../ui/States.tsx'
import { fillPath } from '../sessions/curl.ts'
import { whyNotStepIn } from '../sessions/StepInButton.tsx'
import { Answer } from './Answer.tsx'
import { Builder } from './Builder.tsx'
import { type Runner as Connected, newRunner } from './connect.ts'
import { History } from './History.tsx'
import { keepPast, type Past, readPast } from './history.ts'
import { choicesOf, type Draft, hasBody, headersOf, parametersOf, pathOf } from './request.ts'

/** Requests to the product without the product's pages, through the gateway like anybody's. */
export function Runner({ session }: { session: Session }) {
  const why = whyNotStepIn(session, useMe())
  const { data: catalogue, error, refetch } = useQuery(scopesQuery)
  if (why !== undefined) return <Empty title="Requests cannot be sent from here">{`${why[0]?.toUpperCase()}${why.slice(1)}.`}</Empty>
  if (error && !catalogue) return <FailureNote error={error} onRetry={() => void refetch()} />
  return catalogue ? <Ready session={session} catalogue={catalogue} /> : <Loading />
}

/** What the session itself answers is filled in. */
const filledIn = (route: string, { tenant_id, target_user_id }: Session): Record<string, string> => {
  const filled = fillPath(route, { tenantId: tenant_id, userId: target_user_id }).split('/')
  const written = route.split('/')
  const known = parametersOf(route).map((name): [string, string] => {
    const value = filled[written.indexOf(`:${name}`)] ?? ''
    return [name, value.startsWith(':') ? '' : decodeURIComponent(value)]
  })
  return Object.fromEntries(known)
}

const begin = (catalogue: ScopeCatalogue, session: Session): Draft => {
  const [first] = choicesOf(catalogue, session.scopes)
  const route = first?.routes.find(({ method }) => method === 'GET') ?? first?.routes[0]
  return draftOf(session, route?.method ?? 'GET', route?.path ?? '/')
}

const draftOf = (session: Session, method: string, route: string): Draft => ({
  method,
  route,
  parameters: filledIn(route, session),
  query: [],
  headers: [],
  body: '',
})

type Result = { sent: Draft; answer: RunnerAnswer } | { sent: Draft; error: unknown }

const useRunner = (session: Session, catalogue: ScopeCatalogue) => {
  const place = useRef<HTMLDivElement>(null)
  const runner = useRef<Connected>(null)
  const [isSending, setSending] = useState(false)
  const [result, setResult] = useState<Result | null>(null)
  const [past, setPast] = useState(() => readPast(session.id))
  useEffect(
    () => () => {
      runner.current?.close()
      runner.current = null
    },
    [],
  )
  const send = async (sent: Draft) => {
    if (!place.current) return
    runner.current ??= newRunner(session.id, place.current)
    setSending(true)
    const route = catalogue.scopes.flatMap(({ routes }) => routes).find((each) => each.method === sent.method && each.path === sent.route)
    const body = hasBody(sent.method) && sent.body.trim() !== '' ? sent.body : null
    const path = pathOf(sent)
    try {
      const upstream = route?.upstream ?? defaultUpstream
      const answer = await runner.current.send({ method: sent.method, path, headers: headersOf(sent), body, upstream })
      setResult({ sent, answer })
      setPast((before) => keepPast(session.id, [pastOf(sent, path, answer), ...before]))
    } catch (error) {
      setResult({ sent, error })
    }
    setSending(false)
  }
  return { place, isSending, result, past, send }
}

const pastOf = ({ method, route, parameters, query }: Draft, path: string, { status, duration_ms, bytes }: RunnerAnswer): Past => ({
  at: new Date(serverNow()).toISOString(),
  ...{ method, route, parameters: { ...parameters }, query: [...query], path, status, duration_ms, bytes },
})

function Ready({ session, catalogue }: { session: Session; catalogue: ScopeCatalogue }) {
  const [draft, setDraft] = useState(() => begin(catalogue, session))
  const { place, isSending, result, past, send } = useRunner(session, catalogue)
  const choose = (method: string, route: string) => setDraft({ ...draftOf(session, method, route), headers: draft.headers })
  return (
    <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,5fr)_minmax(0,7fr)]">
      <div className="flex min-w-0 flex-col gap-4">
        <Card title="Request" aside={<span className="text-faint text-xs">each is recorded</span>}>
          <Builder
            session={session}
            catalogue={catalogue}
            draft={draft}
            isSending={isSending}
            onChoose={choose}
            onChange={setDraft}
            onSend={() => void send(draft)}
          />
        </Card>
        <History
          past={past}
          onChoose={({ method, route, parameters, query }) => setDraft({ ...draft, method, route, parameters, query, body: '' })}
        />
      </div>
      <Card title="Answer" className="min-w-0">
        {result === null ? <Empty title="No answer yet">Choose a route and send it. Refusals appear here too.</Empty> : null}
        {result && 'error' in result ? <FailureNote error={result.error} /> : null}
        {result && 'answer' in result ? <Answer answer={result.answer} catalogue={catalogue} sent={result.sent} /> : null}
      </Card>
      <div ref={place} hidden />
    </div>
  )
}
