import { useState } from 'react'
import { z } from 'zod'
import { readTenantsSearch, type TenantsSearch } from './search.ts'

const place = 'countersign-tenant-views'
const viewsMaximum = 20

const View = z.object({ name: z.string().min(1).max(60), search: z.record(z.string(), z.unknown()).transform(readTenantsSearch) })
export type View = z.infer<typeof View>

/** What this browser kept. What does not parse was not ours. */
export const readViews = (kept: string | null): View[] => {
  try {
    return z
      .array(View)
      .max(viewsMaximum)
      .parse(JSON.parse(kept ?? '[]'))
  } catch {
    return []
  }
}

/** Filters and order under a name, kept by this browser. */
export const useViews = () => {
  const [views, setViews] = useState(() => readViews(localStorage.getItem(place)))
  const keep = (next: View[]) => {
    localStorage.setItem(place, JSON.stringify(next))
    setViews(next)
  }
  return {
    views,
    isFull: views.length >= viewsMaximum,
    save: (view: View) => keep([...views.filter(({ name }) => name !== view.name), view].slice(-viewsMaximum)),
    remove: (name: string) => keep(views.filter((view) => view.name !== name)),
  }
}

const keyOf = (search: TenantsSearch): string =>
  JSON.stringify(
    Object.entries(search)
      .filter(([, value]) => value !== undefined)
      .sort(),
  )
export const isSameSearch = (a: TenantsSearch, b: TenantsSearch): boolean => keyOf(a) === keyOf(b)
