import { searchOf } from '../../search.ts'
import { readPath } from './path.ts'

/** Where the page inside is. From outside it is taken only in the form that the gateway takes. */
export const readViewSearch = searchOf({ path: (given) => (readPath(given).path === given ? given : undefined) })
