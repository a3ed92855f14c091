import { approvalsTabs } from '../../paths.ts'
import { oneOf, searchOf } from '../../search.ts'

export const readApprovalsSearch = searchOf({ tab: oneOf(approvalsTabs) })
