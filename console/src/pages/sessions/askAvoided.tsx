import { client } from '../../api/client.ts'
import { isFailure } from '../../api/failure.ts'
import { tenantHealthQuery } from '../../api/health.ts'
import { avoidSession } from '../../api/sessions.ts'
import { Inert } from '../../ui/Inert.tsx'
import { ask, toast } from '../../ui/Toasts.tsx'

type Tenant = { id: string; name: string }

/** Whether there was an answer to be found: health that is unknown answers nothing. */
const wasTold = (tenantId: string): boolean => {
  const told = client.getQueryData(tenantHealthQuery(tenantId).queryKey)
  return told !== undefined && told.health.status !== 'unknown'
}

const count = async (tenant: Tenant): Promise<void> => {
  try {
    await avoidSession(tenant.id)
    toast('Counted as a session avoided', <Inert text={tenant.name} />)
  } catch (error) {
    const why = isFailure(error) ? `${error.message} ${error.hint}` : undefined
    ask('It was not counted', why, [{ label: 'Try again', onChoose: () => void count(tenant) }])
  }
}

/** Asks whoever leaves without a session, once, whether the tenant's health was all that it took. Only a yes is counted (M13). */
export const askAvoided = (tenant: Tenant): void => {
  if (!wasTold(tenant.id)) return
  ask('Did its health answer your question?', <Inert text={tenant.name} />, [
    { label: 'Yes, no session needed', onChoose: () => void count(tenant) },
    { label: 'No', onChoose: () => {} },
  ])
}
