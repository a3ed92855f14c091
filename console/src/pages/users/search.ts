import { searchOf, text } from '../../search.ts'

const ticket = text(65)

export const readUsersSearch = searchOf({ query: text(200), ticket })
export const readUserSearch = searchOf({ ticket })
