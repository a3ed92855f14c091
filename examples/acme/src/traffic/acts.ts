import type { Random } from '../seed/random.ts'
import { call, type Member } from './member.ts'

type Act = (member: Member, random: Random) => Promise<void>

const idsOf = (page: Record<string, unknown> | undefined) => ((page?.items ?? []) as { id: string }[]).map((item) => item.id)
const get =
  (path: string): Act =>
  async (member) =>
    void (await call(member, 'GET', path))

const listAttestations: Act = async (member, random) => {
  const query = random.pick(['', '?status=valid', '?limit=20', '?status=revoked&limit=10'])
  const ids = idsOf(await call(member, 'GET', `/v1/attestations${query}`))
  if (ids.length > 0) member.attestations = ids
}

const openAttestation: Act = async (member, random) => {
  const id = member.attestations.length > 0 ? random.pick(member.attestations) : 'att_unknown'
  await call(member, 'GET', `/v1/attestations/${id}`)
}

const issue: Act = async (member, random) => {
  const subject = `${random.pick(['Laptop', 'Router', 'Badge reader'])} ${random.letters(3).toUpperCase()}-${random.whole(100, 99_999)}`
  await call(member, 'POST', '/v1/attestations', { kind: 'device', subject, claims: { serial: random.letters(12) } })
}

const revoke: Act = async (member, random) => {
  const id = member.attestations.length > 0 ? random.pick(member.attestations) : 'att_unknown'
  await call(member, 'POST', `/v1/attestations/${id}/revocation`, { reason: 'replaced by a newer one' })
}

const readNotification: Act = async (member, random) => {
  if (member.notifications.length === 0) member.notifications = idsOf(await call(member, 'GET', '/v1/notifications?limit=20'))
  else await call(member, 'GET', `/v1/notifications/${random.pick(member.notifications)}`)
}

const requestExport: Act = async (member, random) =>
  void (await call(member, 'POST', '/v1/exports', { kind: random.pick(['attestations', 'members']), format: 'csv' }))

const downloadExport: Act = async (member, random) => {
  if (member.exports.length === 0) member.exports = idsOf(await call(member, 'GET', '/v1/exports?limit=5'))
  else await call(member, 'GET', `/v1/exports/${random.pick(member.exports)}/download`)
}

const slip: Act = async (member, random) => {
  if (random.chance(0.5)) await call(member, 'GET', '/v1/attestations?limit=many')
  else await call(member, 'GET', `/v1/attestations/att_${random.letters(8)}`)
}

/** Each as often as it stands here: people read far more than they write. */
export const acts: readonly Act[] = [
  listAttestations,
  listAttestations,
  listAttestations,
  openAttestation,
  openAttestation,
  openAttestation,
  get('/v1/members?limit=50'),
  get('/v1/members?limit=50'),
  get('/v1/usage'),
  get('/v1/billing/settings'),
  get('/v1/billing/invoices'),
  readNotification,
  readNotification,
  issue,
  issue,
  revoke,
  requestExport,
  downloadExport,
  slip,
]
