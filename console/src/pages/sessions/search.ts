import { sessionStatuses } from '@countersign/contract/vocabulary.ts'
import { sessionTabs } from '../../paths.ts'
import { oneOf, searchOf, text } from '../../search.ts'

export const readSessionsSearch = searchOf({ status: oneOf(sessionStatuses), tenant_id: text(200), staff_id: text(200) })
export type SessionsSearch = ReturnType<typeof readSessionsSearch>

export const readSessionSearch = searchOf({ tab: oneOf(sessionTabs) })
