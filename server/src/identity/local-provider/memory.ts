import type { Adapter, AdapterPayload } from 'oidc-provider'

const most = 2000

/** What the local provider remembers between two requests, for minutes at most. It lives in memory: a restart forgets it. */
export const newMemory = (): ((model: string) => Adapter) => {
  const rows = new Map<string, { payload: AdapterPayload; until: number }>()
  const get = (key: string): AdapterPayload | undefined => {
    const row = rows.get(key)
    return row && row.until > Date.now() ? row.payload : undefined
  }
  return (model) => ({
    upsert: async (id, payload, expiresIn = 600) => {
      rows.set(`${model}:${id}`, { payload, until: Date.now() + expiresIn * 1000 })
      const [oldest] = rows.keys()
      if (rows.size > most && oldest !== undefined) rows.delete(oldest)
    },
    find: async (id) => get(`${model}:${id}`),
    findByUid: async (uid) => {
      for (const [key, { payload }] of rows) if (key.startsWith(`${model}:`) && payload.uid === uid) return get(key)
      return undefined
    },
    findByUserCode: async () => undefined,
    consume: async (id) => {
      const payload = get(`${model}:${id}`)
      if (payload) payload.consumed = Math.floor(Date.now() / 1000)
    },
    destroy: async (id) => {
      rows.delete(`${model}:${id}`)
    },
    revokeByGrantId: async (grantId) => {
      for (const [key, { payload }] of rows) if (payload.grantId === grantId) rows.delete(key)
    },
  })
}
