import { z } from 'zod'
import { AuditSearch } from './search.ts'

/** Filters that somebody gave a name, kept in this browser for whoever signs in as the same person. */
const View = z.object({ name: z.string().min(1).max(60), search: AuditSearch })
export type View = z.infer<typeof View>

const place = (staffId: string) => `countersign.audit.views.${staffId}`

export const readViews = (staffId: string): View[] => {
  try {
    return z.array(View).parse(JSON.parse(localStorage.getItem(place(staffId)) ?? '[]'))
  } catch {
    return []
  }
}

export const keepViews = (staffId: string, views: readonly View[]): void => {
  localStorage.setItem(place(staffId), JSON.stringify(views))
}
