import { client } from './api/client.ts'
import { overviewQuery } from './api/health.ts'
import { canUseConsole, meQuery } from './api/me.ts'
import { readTenantsSearch } from './pages/tenants/search.ts'
import { parseSearch } from './search.ts'

const place = 'countersign-opens-tenants'

/** Whether the first list is one that may be read: as it was for whoever signed in here last. */
const opensTenants = (): boolean => localStorage.getItem(place) === '1'
const remember = async (): Promise<void> => {
  const me = await client.fetchQuery(meQuery).catch(() => undefined)
  if (me && canUseConsole(me)) localStorage.setItem(place, '1')
  else localStorage.removeItem(place)
}

/** Who I am and the first list are asked for together, while the page's code is still on its way. Nobody is asked for what was refused before. */
export const beginFirst = ({ pathname, search }: Pick<Location, 'pathname' | 'search'>): void => {
  if (pathname === '/sign-in') return
  if (opensTenants() && (pathname === '/' || pathname === '/tenants'))
    void client.prefetchInfiniteQuery(overviewQuery(readTenantsSearch(parseSearch(search))))
  void remember()
}
