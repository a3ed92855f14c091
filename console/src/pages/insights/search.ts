import { insightSpans } from '../../paths.ts'
import { oneOf, searchOf } from '../../search.ts'

export const readInsightsSearch = searchOf({ weeks: oneOf(insightSpans) })
