/** A person's browser as far as plain HTTP goes: cookies and redirects. */
export type Visitor = {
  get(path: string, headers?: Record<string, string>): Promise<Response>
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>
  cookies: Map<string, string>
}

export const newVisitor = (origin: string): Visitor => {
  const cookies = new Map<string, string>()
  const call = async (method: string, path: string, body: unknown, headers: Record<string, string>): Promise<Response> => {
    const response = await fetch(new URL(path, origin), {
      method,
      redirect: 'manual',
      headers: {
        ...(cookies.size > 0 ? { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') } : {}),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
    })
    for (const line of response.headers.getSetCookie()) {
      const [pair = ''] = line.split(';')
      const at = pair.indexOf('=')
      const value = pair.slice(at + 1)
      if (value === '' || /max-age=0|expires=Thu, 01 Jan 1970/i.test(line)) cookies.delete(pair.slice(0, at))
      else cookies.set(pair.slice(0, at), value)
    }
    return response
  }
  return {
    cookies,
    get: (path, headers = {}) => call('GET', path, undefined, headers),
    send: (method, path, body, headers = {}) =>
      call(method, path, body, { origin: new URL(origin).origin, 'sec-fetch-site': 'same-origin', ...headers }),
  }
}

/** Signs in at the local provider as a person would: one click, then wherever the redirects lead. */
export const signIn = async (origin: string, login: string): Promise<Visitor> => {
  const visitor = newVisitor(origin)
  let response = await visitor.get(`/auth/sign-in?as=${login}`, { accept: 'text/html' })
  for (let step = 0; step < 10 && response.status >= 300 && response.status < 400; step++) {
    const next = new URL(response.headers.get('location') as string, origin)
    if (next.pathname === '/') return visitor
    response = await visitor.get(next.href, { accept: 'text/html' })
  }
  return visitor
}
