import type { ActionRequest } from '@countersign/contract/action-requests.ts'
import type { ScopeCatalogue } from '@countersign/contract/scopes.ts'
import {
  type CreatedSession,
  CreateSession,
  ttlDefaultMinutes,
  ttlMaximumMinutes,
  ttlMaximumUserMinutes,
} from '@countersign/contract/sessions.ts'
import { countReason, isReason, reasonMinimum, Ticket } from '@countersign/contract/text.ts'
import { zodResolver } from '@hookform/resolvers/zod'
import { LogIn } from 'lucide-react'
import { useId } from 'react'
import { Controller, useForm } from 'react-hook-form'
import type { z } from 'zod'
import { useNow } from '../../api/clock.ts'
import { useNoConnection } from '../../api/connection.ts'
import { useMe } from '../../api/me.ts'
import { useCreateSession } from '../../api/sessions.ts'
import { Button } from '../../ui/Button.tsx'
import { Consequence } from '../../ui/Consequence.tsx'
import { Dialog } from '../../ui/Dialog.tsx'
import { describedBy, Field, Input, TextArea } from '../../ui/Field.tsx'
import { formatMinute, plural } from '../../ui/format.ts'
import { Inert } from '../../ui/Inert.tsx'
import { isSubmit, submitKey } from '../../ui/keys.ts'
import { ReasonCounter } from '../../ui/ReasonCounter.tsx'
import { Segments } from '../../ui/Segments.tsx'
import { useZone } from '../../ui/zone.ts'
import { SigningFailure } from '../keys/SigningFailure.tsx'
import { BeforeCreating } from './BeforeCreating.tsx'
import type { CreateTarget } from './CreateDialog.tsx'
import { HealthFirst } from './HealthFirst.tsx'
import { canChange, defaultScopes, namedScopes } from './presets.ts'
import { ScopeChoice } from './ScopeChoice.tsx'
import { useReasonsOfToday } from './useReasonsOfToday.ts'
import { useSessionGates } from './useSessionGates.ts'

type Props = {
  target: CreateTarget
  catalogue: ScopeCatalogue
  onClose: () => void
  /** On the way to what the tenant's health says in full. */
  onLeave: () => void
  onCreated: (created: CreatedSession | ActionRequest, isSteppingIn: boolean) => void
}
type Form = z.input<typeof CreateSession>

export function CreateForm({ target: { tenant, user, ticket, reason: offered = '' }, catalogue, onClose, onLeave, onCreated }: Props) {
  const create = useCreateSession()
  const id = useId()
  const most = Math.min(catalogue.max_minutes, user ? ttlMaximumUserMinutes : ttlMaximumMinutes)
  const { register, control, handleSubmit, watch, setValue, setFocus, formState } = useForm<Form, unknown, z.output<typeof CreateSession>>({
    mode: 'onTouched',
    resolver: zodResolver(CreateSession),
    defaultValues: {
      tenant_id: tenant.id,
      ...(user ? { target_user_id: user.id } : {}),
      reason: offered,
      scopes: defaultScopes(catalogue),
      ttl_minutes: Math.min(ttlDefaultMinutes, most),
      ticket: ticket ?? '',
    },
  })
  const { reason, scopes = [], ttl_minutes: minutes = ttlDefaultMinutes, ticket: named } = watch()
  const isValidTime = Number.isInteger(minutes) && minutes >= 1 && minutes <= most
  const noConnection = useNoConnection()
  const missing = whatIsMissing({ reason, scopes, isValidTime, most, isTicket: !named?.trim() || Ticket.safeParse(named).success })

  const { asksApproval, needsSignature, needsTicket } = useSessionGates(tenant.id, user?.id)
  const unmet = noConnection ?? missing ?? (needsTicket && !named?.trim() ? 'The policy requires a ticket' : null)

  // What is offered whole is confirmed by Enter, or changed.
  const isOffered = offered !== ''

  // Whoever impersonates wants to see the product; the token is for those who ask for it.
  const canStepIn = useMe().views && user !== undefined && !asksApproval
  const submitAnd = (isSteppingIn: boolean) =>
    handleSubmit(({ ticket: linked, ...rest }) => {
      const input = { ...rest, scopes: namedScopes(catalogue, scopes), ...(linked ? { ticket: linked } : {}) }
      create.mutate({ input, needsSignature, ask_approval: asksApproval }, { onSuccess: (answer) => onCreated(answer, isSteppingIn) })
    })
  const submit = submitAnd(canStepIn)
  const isDisabled = unmet !== null || create.isPending
  const creates = create.isPending ? 'Creating' : asksApproval ? 'Ask for approval' : 'Create Session'

  const again = (given: string, on: string | null) => {
    setValue('reason', given, { shouldValidate: true })
    if (on && !named?.trim()) setValue('ticket', on, { shouldValidate: true })
    setFocus('reason')
  }

  return (
    <Dialog
      title="Create Support Session"
      onClose={onClose}
      wide
      footer={
        <>
          {unmet ? <span className="mr-auto text-faint text-sm max-sm:basis-full">{unmet}</span> : null}
          <Button onClick={onClose}>Cancel</Button>
          {canStepIn ? (
            <Button disabled={isDisabled} onClick={() => void submitAnd(false)()}>
              {creates}
            </Button>
          ) : null}
          <Button
            kind="main"
            icon={canStepIn ? <LogIn /> : undefined}
            data-autofocus={isOffered || undefined}
            aria-keyshortcuts="Control+Enter Meta+Enter"
            disabled={isDisabled}
            onClick={() => void submit()}
          >
            {canStepIn ? 'Step in' : creates}
            <span aria-hidden="true" className="text-xs opacity-80 pointer-coarse:hidden">
              {submitKey}
            </span>
          </Button>
        </>
      }
    >
      <form
        onSubmit={(event) => void submit(event)}
        onKeyDown={(event) => {
          if (isSubmit(event) && !unmet && !create.isPending) void submit()
        }}
        className="flex flex-col gap-4"
      >
        <BeforeCreating tenant={tenant} user={user} onLeave={onLeave} />
        <HealthFirst tenantId={tenant.id} onLeave={onLeave} />
        <Field
          label="Reason"
          htmlFor={`${id}-reason`}
          hint="One sentence that the customer may read."
          error={reason && isReason(reason) ? formState.errors.reason?.message : undefined}
          aside={<ReasonCounter reason={reason} />}
        >
          <TextArea
            id={`${id}-reason`}
            data-autofocus={isOffered ? undefined : true}
            rows={2}
            className="min-h-13"
            aria-describedby={describedBy(`${id}-reason`)}
            {...register('reason')}
          />
          {reason ? null : <ReasonsAgain onChoose={again} />}
        </Field>
        <Controller
          control={control}
          name="scopes"
          render={({ field }) => <ScopeChoice catalogue={catalogue} chosen={field.value ?? []} onChoose={field.onChange} />}
        />
        <div className="grid grid-cols-1 gap-4 sm:grid-cols-2">
          <Field
            label="Time to live"
            htmlFor={`${id}-ttl`}
            hint={user ? `Minutes, 1 to ${most} on one user` : `Minutes, 1 to ${most}`}
            error={isValidTime ? undefined : `A whole number of minutes, 1 to ${most}`}
          >
            <div className="flex flex-wrap items-center gap-2">
              <Input
                id={`${id}-ttl`}
                type="number"
                inputMode="numeric"
                min={1}
                max={most}
                step={1}
                aria-invalid={!isValidTime}
                aria-describedby={describedBy(`${id}-ttl`)}
                className="!w-20 nums"
                {...register('ttl_minutes', { valueAsNumber: true })}
              />
              <Segments
                label="Common times"
                value={String(minutes)}
                onChoose={(value) => setValue('ttl_minutes', Number(value), { shouldValidate: true })}
                options={[5, 15, 30, 60].filter((each) => each <= most).map((each) => ({ value: String(each), label: `${each} min` }))}
              />
            </div>
          </Field>
          <Field
            label="Ticket"
            htmlFor={`${id}-ticket`}
            optional={!needsTicket}
            hint="#4831 or SUP-4831"
            error={named && formState.errors.ticket ? `The ticket ${formState.errors.ticket.message}` : undefined}
          >
            <Input
              id={`${id}-ticket`}
              aria-invalid={Boolean(named && formState.errors.ticket)}
              aria-describedby={describedBy(`${id}-ticket`)}
              {...register('ticket', { setValueAs: (value: string | undefined) => value?.trim() || undefined })}
            />
          </Field>
        </div>
        <What
          tenant={tenant}
          user={user}
          changing={catalogue.scopes.filter((entry) => scopes.includes(entry.scope) && canChange(entry))}
          minutes={isValidTime ? minutes : null}
        />
        {create.error ? <SigningFailure error={create.error} /> : null}
        <button type="submit" hidden disabled={isDisabled} />
      </form>
    </Dialog>
  )
}

const whatIsMissing = (form: {
  reason: string
  scopes: readonly string[]
  isValidTime: boolean
  most: number
  isTicket: boolean
}): string | null => {
  const missing = reasonMinimum - countReason(form.reason)
  if (missing > 0) return `The reason needs ${plural(missing, 'more character')}`
  if (!isReason(form.reason)) return 'The reason does not say anything yet'
  if (form.scopes.length === 0) return 'Choose at least one scope'
  if (!form.isValidTime) return `The time to live is 1 to ${form.most} minutes`
  if (!form.isTicket) return 'Write the ticket as #4831 or SUP-4831'
  return null
}

type AgainProps = { onChoose: (reason: string, ticket: string | null) => void }

/** What I have said today already, which is often what I am here for again. */
function ReasonsAgain({ onChoose }: AgainProps) {
  const reasons = useReasonsOfToday()
  if (reasons.length === 0) return null
  return (
    <ul aria-label="Given earlier today" className="flex min-w-0 gap-1.5 max-sm:flex-col">
      {reasons.map(({ reason, ticket }) => (
        <li key={reason} className="min-w-0 max-sm:nth-3:hidden">
          <button
            type="button"
            data-tip={ticket ? `${reason}\n${ticket}` : reason}
            data-cut
            onClick={() => onChoose(reason, ticket)}
            className="block h-6 max-w-full truncate rounded-md border border-line bg-sunk px-2 text-soft text-xs hover:border-edge hover:text-ink pointer-coarse:h-10"
          >
            <Inert text={reason} />
            {ticket ? <span className="text-faint"> · {ticket}</span> : null}
          </button>
        </li>
      ))}
    </ul>
  )
}

type WhatProps = Pick<CreateTarget, 'tenant' | 'user'> & { changing: ScopeCatalogue['scopes']; minutes: number | null }

function What({ tenant, user, changing, minutes }: WhatProps) {
  const now = useNow(5)
  useZone()
  return (
    <Consequence>
      You get a token that reaches{' '}
      {user ? (
        <>
          what <Inert text={user.email} /> sees
        </>
      ) : (
        'only this tenant'
      )}
      {minutes === null ? '' : ` for ${minutes} min, until ${formatMinute(now + minutes * 60_000)}`}. It ends by itself and can be revoked
      at any time.{' '}
      {changing.length > 0 ? (
        <span className="font-medium text-warn">
          With <span className="id">{changing.map(({ scope }) => scope).join(', ')}</span> you can change their data.{' '}
        </span>
      ) : null}
      <Inert text={tenant.name} className="font-medium text-ink" /> will see this in its audit log, with your name, the reason and every
      request.
    </Consequence>
  )
}
