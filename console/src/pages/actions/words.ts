import type { ActionState } from '@countersign/contract/action-requests.ts'
import type { ActionName } from '@countersign/contract/actions.ts'

type Words = {
  /** In the table and in titles. */
  title: string
  /** What the button does, with the target behind it. */
  act: string
  /** What a toast says of it afterwards. */
  done: string
  /** What is said of whom it concerns, and whether there is a way back. */
  undo: string
}

const noWay = 'This cannot be undone.'

export const actionWords: Record<ActionName, Words> = {
  reset_passkey: {
    title: 'Reset passkeys',
    act: 'Reset the passkeys of',
    done: 'Passkeys reset',
    undo: `${noWay} A new passkey has to be enrolled.`,
  },
  reset_totp: {
    title: 'Reset TOTP',
    act: 'Reset the TOTP of',
    done: 'TOTP reset',
    undo: `${noWay} The authenticator app has to be set up again.`,
  },
  revoke_sessions: { title: 'Revoke all sessions', act: 'Revoke all sessions of', done: 'Sessions revoked', undo: noWay },
  revoke_session: { title: 'Revoke one session', act: 'Revoke one session of', done: 'Session revoked', undo: noWay },
  send_magic_link: {
    title: 'Send magic link',
    act: 'Send a magic link to',
    done: 'Magic link sent',
    undo: 'The link works once, and staff never see it.',
  },
  impersonate: {
    title: 'Impersonate, read-only',
    act: 'Impersonate',
    done: 'Support session created',
    undo: 'It ends by itself and can be revoked.',
  },
  open_session: {
    title: 'Create Support Session',
    act: 'Create a support session on',
    done: 'Support session created',
    undo: 'It ends by itself and can be revoked.',
  },
  extend_impersonation: {
    title: 'Extend impersonation',
    act: 'Extend the session on',
    done: 'Support session extended',
    undo: 'It ends by itself and can be revoked.',
  },
  extend_session: {
    title: 'Extend support session',
    act: 'Extend the session on',
    done: 'Support session extended',
    undo: 'It ends by itself and can be revoked.',
  },
  suspend_account: { title: 'Suspend account', act: 'Suspend', done: 'Account suspended', undo: 'The account can be restored.' },
  restore_account: { title: 'Restore account', act: 'Restore', done: 'Account restored', undo: 'The account can be suspended again.' },
  force_logout: { title: 'Force Logout All Sessions', act: 'Force logout of', done: 'All sessions ended', undo: noWay },
}

/** What a state of a request means to whoever waits for it. */
export const stateWords: Record<ActionState, string> = {
  pending: 'waiting for approval',
  approved: 'approved',
  executing: 'under way',
  done: 'done',
  failed: 'failed',
  unknown: 'outcome unknown',
  rejected: 'rejected',
  expired: 'expired',
  cancelled: 'cancelled',
  void: 'void',
}
