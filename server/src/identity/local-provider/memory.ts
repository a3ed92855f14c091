import { LRUCache } from 'lru-cache'
import type { Adapter, AdapterPayload } from 'oidc-provider'

const rowsMaximum = 2_000

/** What the local provider remembers between two requests, for minutes at most. It lives in memory: a restart forgets it. */
export const newMemory = (): ((model: string) => Adapter) => {
  const rows = new LRUCache<string, AdapterPayload>({ max: rowsMaximum })
  return (model) => ({
    upsert: async (id, payload, expiresIn = 600) => {
      rows.set(`${model}:${id}`, payload, { ttl: expiresIn * 1000 })
    },
    find: async (id) => rows.get(`${model}:${id}`),
    findByUid: async (uid) => [...rows.entries()].find(([key, payload]) => key.startsWith(`${model}:`) && payload.uid === uid)?.[1],
    findByUserCode: async () => undefined,
    consume: async (id) => {
      const payload = rows.get(`${model}:${id}`)
      if (payload) payload.consumed = Math.floor(Date.now() / 1000)
    },
    destroy: async (id) => {
      rows.delete(`${model}:${id}`)
    },
    revokeByGrantId: async (grantId) => {
      for (const [key, payload] of rows.entries()) if (payload.grantId === grantId) rows.delete(key)
    },
  })
}
