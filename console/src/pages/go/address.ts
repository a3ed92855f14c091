import { searchOf, text } from '../../search.ts'

/** As the link has them: the page says what of them is not taken. */
export const readGoSearch = searchOf({ ticket: text(), user: text() })
