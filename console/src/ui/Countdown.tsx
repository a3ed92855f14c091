import clsx from 'clsx'
import { serverNow, useNow } from '../api/clock.ts'
import { formatCountdown } from './format.ts'

export const secondsLeft = (expiresAt: string, now = serverNow()): number => Math.max(0, (Date.parse(expiresAt) - now) / 1000)
export const endsSoonSeconds = 120

type Props = { issuedAt: string; expiresAt: string; size?: 'small' | 'large' }

/** Remaining time as text and as a ring. */
export function Countdown({ issuedAt, expiresAt, size = 'small' }: Props) {
  const left = secondsLeft(expiresAt, useNow(1))
  const whole = Math.max(1, (Date.parse(expiresAt) - Date.parse(issuedAt)) / 1000)
  const soon = left <= endsSoonSeconds
  return (
    <span
      role="timer"
      className={clsx(
        'inline-flex items-center align-middle nums',
        size === 'large' ? 'gap-3 text-2xl' : 'gap-1.5',
        soon ? 'text-warn' : 'text-ink',
      )}
    >
      <Ring share={left / whole} size={size === 'large' ? 36 : 14} />
      <span className={clsx('font-medium', size === 'large' && 'tracking-tight')}>{formatCountdown(left)}</span>
    </span>
  )
}

function Ring({ share, size }: { share: number; size: number }) {
  const stroke = size > 20 ? 3 : 2
  const radius = (size - stroke) / 2
  const around = 2 * Math.PI * radius
  return (
    <svg width={size} height={size} viewBox={`0 0 ${size} ${size}`} aria-hidden="true" className="-rotate-90 shrink-0">
      <circle cx={size / 2} cy={size / 2} r={radius} fill="none" strokeWidth={stroke} className="stroke-edge" />
      <circle
        cx={size / 2}
        cy={size / 2}
        r={radius}
        fill="none"
        stroke="currentColor"
        strokeWidth={stroke}
        strokeLinecap="round"
        strokeDasharray={around}
        strokeDashoffset={around * (1 - Math.min(1, Math.max(0, share)))}
      />
    </svg>
  )
}
