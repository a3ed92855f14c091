import type { ActionState } from '@countersign/contract/action-requests.ts'
import type { Risk } from '@countersign/contract/actions.ts'
import type { EventResult } from '@countersign/contract/events.ts'
import type { DestinationState } from '@countersign/contract/feed.ts'
import type { HealthStatus } from '@countersign/contract/health.ts'
import type { SessionStatus } from '@countersign/contract/sessions.ts'
import type { Role } from '@countersign/contract/staff.ts'
import type { LifecycleStatus } from '@countersign/contract/tenants.ts'
import type { User } from '@countersign/contract/users.ts'
import clsx from 'clsx'
import type { ReactNode } from 'react'

type Tone = 'accent' | 'gray' | 'red' | 'amber' | 'green'
const tones: Record<Tone, string> = {
  accent: 'border-accent-edge bg-accent-wash text-accent',
  gray: 'border-line bg-sunk text-soft',
  red: 'border-bad-edge bg-transparent text-bad',
  amber: 'border-warn-edge bg-warn-wash text-warn',
  green: 'border-line bg-transparent text-ok',
}

function Badge({ tone, shape, children }: { tone: Tone; shape?: ReactNode; children: ReactNode }) {
  return (
    <span
      className={clsx(
        'inline-flex h-5 shrink-0 items-center gap-1.5 whitespace-nowrap rounded-sm border px-1.5 font-medium text-xs',
        tones[tone],
      )}
    >
      {shape}
      {children}
    </span>
  )
}

/** A shape for each state, so that colour is never the only difference. */
function Shape({ d, filled = false }: { d: string; filled?: boolean }) {
  return (
    <svg width="8" height="8" viewBox="0 0 8 8" aria-hidden="true" className="shrink-0">
      <path d={d} fill={filled ? 'currentColor' : 'none'} stroke="currentColor" strokeWidth={filled ? 0 : 1.5} strokeLinecap="round" />
    </svg>
  )
}
const circle = 'M4 1a3 3 0 1 1 0 6a3 3 0 1 1 0-6z'
const dot = <Shape d={circle} filled />
const ring = <Shape d={circle} />
const half = (
  <svg width="8" height="8" viewBox="0 0 8 8" aria-hidden="true" className="shrink-0">
    <path d={circle} fill="none" stroke="currentColor" strokeWidth="1.5" />
    <path d="M4 1a3 3 0 0 1 0 6z" fill="currentColor" />
  </svg>
)
const cross = <Shape d="M1.5 1.5l5 5m0-5l-5 5" />
const square = <Shape d="M1 1h6v6H1z" filled />
const triangle = <Shape d="M4 .8L7.6 7H.4z" filled />
const tick = <Shape d="M1 4.2l2 2L7 1.8" />
const bar = <Shape d="M1 4h6" />

const sessionLooks: Record<SessionStatus, { tone: Tone; shape: ReactNode }> = {
  ACTIVE: { tone: 'accent', shape: dot },
  EXPIRED: { tone: 'gray', shape: ring },
  REVOKED: { tone: 'red', shape: cross },
}
export function SessionBadge({ status }: { status: SessionStatus }) {
  const { tone, shape } = sessionLooks[status]
  return (
    <Badge tone={tone} shape={shape}>
      {status}
    </Badge>
  )
}

const lifecycleLooks: Record<LifecycleStatus, { className: string; shape: ReactNode }> = {
  active: { className: 'text-ink [&_svg]:text-ok', shape: dot },
  trial: { className: 'text-ink [&_svg]:text-accent', shape: half },
  onboarding: { className: 'text-ink [&_svg]:text-accent', shape: triangle },
  pending: { className: 'text-soft', shape: ring },
  suspended: { className: 'text-bad', shape: square },
  closed: { className: 'text-faint', shape: cross },
}
export function Lifecycle({ status }: { status: LifecycleStatus }) {
  const { className, shape } = lifecycleLooks[status]
  return (
    <span className={clsx('inline-flex items-center gap-1.5 whitespace-nowrap', className)}>
      {shape}
      {status}
    </span>
  )
}

const healthLooks: Record<HealthStatus, { className: string; shape: ReactNode }> = {
  healthy: { className: 'border-line bg-transparent text-ok', shape: dot },
  warning: { className: tones.amber, shape: triangle },
  critical: { className: 'border-bad-edge bg-bad-wash text-bad', shape: square },
  unknown: { className: 'border-line bg-transparent text-soft', shape: ring },
}

/** C15–C18: a word and a shape beside the colour. */
export function HealthBadge({ status }: { status: HealthStatus }) {
  const { className, shape } = healthLooks[status]
  return (
    <span
      className={clsx(
        'inline-flex h-5 shrink-0 items-center gap-1.5 whitespace-nowrap rounded-sm border px-1.5 font-medium text-xs',
        className,
      )}
    >
      {shape}
      {status}
    </span>
  )
}

/** The same without its frame, as the name of a card or a choice. */
export function HealthWord({ status }: { status: HealthStatus }) {
  const { tint, shape } = healthWords[status]
  return (
    <span className={clsx('inline-flex items-center gap-1.5 whitespace-nowrap', tint)}>
      {shape}
      <span className="inline-block first-letter:uppercase">{status}</span>
    </span>
  )
}

const healthWords: Record<HealthStatus, { tint: string; shape: ReactNode }> = {
  healthy: { tint: '[&_svg]:text-ok', shape: dot },
  warning: { tint: '[&_svg]:text-warn', shape: triangle },
  critical: { tint: '[&_svg]:text-bad', shape: square },
  unknown: { tint: '[&_svg]:text-faint', shape: ring },
}

const userLooks: Record<User['status'], { className: string; shape: ReactNode }> = {
  active: { className: 'text-ink [&_svg]:text-ok', shape: dot },
  invited: { className: 'text-soft', shape: ring },
  suspended: { className: 'text-bad', shape: square },
  deleted: { className: 'text-faint', shape: cross },
}
export function UserStatusWord({ status }: { status: User['status'] }) {
  const { className, shape } = userLooks[status]
  return (
    <span className={clsx('inline-flex shrink-0 items-center gap-1.5 whitespace-nowrap text-sm', className)}>
      {shape}
      {status}
    </span>
  )
}

const resultLooks: Record<EventResult, { className: string; shape: ReactNode }> = {
  ok: { className: 'text-ok', shape: tick },
  deny: { className: 'text-warn', shape: triangle },
  error: { className: 'text-bad', shape: square },
}
export function ResultWord({ result }: { result: EventResult }) {
  const { className, shape } = resultLooks[result]
  return (
    <span className={clsx('inline-flex items-center gap-1.5 font-medium', className)}>
      {shape}
      {result}
    </span>
  )
}

type Outcome = 'admitted' | 'completed' | 'refused' | 'cut' | 'failed'
const outcomeLooks: Record<Outcome, { className: string; shape: ReactNode; word: string }> = {
  admitted: { className: 'text-accent', shape: half, word: 'under way' },
  completed: { className: 'text-soft', shape: tick, word: 'done' },
  refused: { className: 'text-warn', shape: triangle, word: 'refused' },
  cut: { className: 'text-bad', shape: bar, word: 'cut' },
  failed: { className: 'text-bad', shape: square, word: 'failed' },
}
export function OutcomeWord({ outcome }: { outcome: Outcome }) {
  const { className, shape, word } = outcomeLooks[outcome]
  return (
    <span className={clsx('inline-flex items-center gap-1.5 whitespace-nowrap font-medium', className)}>
      {shape}
      {word}
    </span>
  )
}

const riskTones: Record<Risk, Tone> = { low: 'gray', med: 'amber', high: 'red' }
const riskShapes: Record<Risk, ReactNode> = { low: ring, med: triangle, high: square }
export function RiskBadge({ risk }: { risk: Risk }) {
  return (
    <Badge tone={riskTones[risk]} shape={riskShapes[risk]}>
      {risk}
    </Badge>
  )
}

const stateLooks: Record<ActionState, { tone: Tone; shape: ReactNode }> = {
  pending: { tone: 'accent', shape: half },
  approved: { tone: 'accent', shape: tick },
  executing: { tone: 'accent', shape: half },
  done: { tone: 'green', shape: tick },
  failed: { tone: 'red', shape: square },
  unknown: { tone: 'amber', shape: triangle },
  rejected: { tone: 'red', shape: cross },
  expired: { tone: 'gray', shape: ring },
  cancelled: { tone: 'gray', shape: bar },
  void: { tone: 'amber', shape: cross },
}
export function RequestBadge({ state, children }: { state: ActionState; children: ReactNode }) {
  const { tone, shape } = stateLooks[state]
  return (
    <Badge tone={tone} shape={shape}>
      {children}
    </Badge>
  )
}

const deliveryLooks: Record<DestinationState['state'], { tone: Tone; shape: ReactNode; word: string }> = {
  up_to_date: { tone: 'green', shape: tick, word: 'up to date' },
  delivering: { tone: 'accent', shape: half, word: 'delivering' },
  retrying: { tone: 'amber', shape: triangle, word: 'retrying' },
  refusing: { tone: 'red', shape: square, word: 'refuses everything' },
}
export function DeliveryBadge({ state }: { state: DestinationState['state'] }) {
  const { tone, shape, word } = deliveryLooks[state]
  return (
    <Badge tone={tone} shape={shape}>
      {word}
    </Badge>
  )
}

export function RoleBadge({ role }: { role: Role }) {
  return <Badge tone="gray">{role}</Badge>
}

export function Tag({ children, tone = 'gray', tip }: { children: ReactNode; tone?: Tone; tip?: string }) {
  return (
    <span
      data-tip={tip}
      className={clsx('inline-flex h-5 max-w-72 shrink-0 items-center rounded-sm border px-1.5 font-medium text-xs', tones[tone])}
    >
      <span className="min-w-0 truncate [&_svg]:-mt-0.5 [&_svg]:mr-1 [&_svg]:inline">{children}</span>
    </span>
  )
}
