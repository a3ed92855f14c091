/** Somebody signed in, and the last things they saw. */
export type Member = { url: string; tenantId: string; cookie: string; attestations: string[]; notifications: string[]; exports: string[] }

const patienceMs = 10_000

/** Undefined when the product does not let them in: not everybody is seeded everywhere. */
export async function signIn(url: string, email: string, password: string): Promise<Member | undefined> {
  const response = await fetch(`${url}/api/auth/sign-in/email`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      origin: url,
      'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0',
    },
    body: JSON.stringify({ email, password }),
    signal: AbortSignal.timeout(patienceMs),
  })
  await response.arrayBuffer()
  if (!response.ok) return undefined
  const cookie = response.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ')
  const [, tenant = ''] = /@([^.]+)/.exec(email) ?? []
  return { url, tenantId: `ten_${tenant}`, cookie, attestations: [], notifications: [], exports: [] }
}

export async function signOut(member: Member): Promise<void> {
  await fetch(`${member.url}/api/auth/sign-out`, {
    method: 'POST',
    headers: { cookie: member.cookie, origin: member.url, 'content-type': 'application/json' },
    body: '{}',
    signal: AbortSignal.timeout(1000),
  })
}

/** One request as this person. The answer's JSON when it is a good one; refusals and failures are part of the picture. */
export async function call(member: Member, method: string, path: string, body?: unknown): Promise<Record<string, unknown> | undefined> {
  const response = await fetch(member.url + path, {
    method,
    headers: { cookie: member.cookie, origin: member.url, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(patienceMs),
  }).catch(() => undefined)
  if (!response) return undefined
  const text = await response.text().catch(() => '')
  if (!response.ok || !response.headers.get('content-type')?.startsWith('application/json')) return undefined
  return JSON.parse(text) as Record<string, unknown>
}
