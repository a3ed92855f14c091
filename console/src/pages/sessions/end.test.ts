import { expect, it } from 'vitest'
import { endOf } from './end.ts'

const expires_at = '2026-11-20T12:30:00Z'

it('says when a session was revoked, not when it would have expired', () => {
  const revoked_at = '2026-11-20T12:04:00Z'
  expect(endOf({ revoked_at, ended_at: revoked_at, expires_at })).toEqual({ word: 'revoked', at: revoked_at })
})

it('says when a session expired, also before its end was noticed', () => {
  expect(endOf({ revoked_at: null, ended_at: null, expires_at })).toEqual({ word: 'expired', at: expires_at })
  expect(endOf({ revoked_at: null, ended_at: expires_at, expires_at })).toEqual({ word: 'expired', at: expires_at })
})
