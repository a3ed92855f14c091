import './jitless.ts'
import { ActionRequest } from '@countersign/contract/action-requests.ts'
import { CreatedSession, Session } from '@countersign/contract/sessions.ts'
import { z } from 'zod'

export { ActionRequestPage, ActionTable } from '@countersign/contract/action-requests.ts'
export { Explanation } from '@countersign/contract/actions.ts'
export { EventCount, EventPage, LogStatus } from '@countersign/contract/events.ts'
export { Export, ExportList } from '@countersign/contract/exports.ts'
export { DestinationList, DestinationState, DestinationTest } from '@countersign/contract/feed.ts'
export { Overview, TenantHealth } from '@countersign/contract/health.ts'
export { Insights } from '@countersign/contract/insights.ts'
export { CeremonyOptions, Passkey, PasskeyList, SteppedUp } from '@countersign/contract/passkeys.ts'
export { Receipt } from '@countersign/contract/receipts.ts'
export { ScopeCatalogue } from '@countersign/contract/scopes.ts'
export { AccessLogPage, SessionPage } from '@countersign/contract/sessions.ts'
export { Me, SignInOptions } from '@countersign/contract/staff.ts'
export { ReadTenantDetails, Tenant, TenantPage } from '@countersign/contract/tenants.ts'
export { FoundUsers, UserPage, UserPane } from '@countersign/contract/users.ts'
export { MintedCode, View } from '@countersign/contract/views.ts'
export { ActionRequest, CreatedSession, Session }

/** An approval may have to come first. */
export const CreatedOrRequest = z.union([CreatedSession, ActionRequest])
export const SessionOrRequest = z.union([Session, ActionRequest])
