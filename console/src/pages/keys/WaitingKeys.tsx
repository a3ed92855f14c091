import type { Passkey } from '@countersign/contract/passkeys.ts'
import type { Me } from '@countersign/contract/staff.ts'
import { useQuery } from '@tanstack/react-query'
import { useConfirmPasskey, waitingPasskeysQuery } from '../../api/passkeys.ts'
import { Button } from '../../ui/Button.tsx'
import { Card } from '../../ui/Card.tsx'
import { FailureNote, Loading } from '../../ui/States.tsx'
import { toast } from '../../ui/Toasts.tsx'
import { KeyLine } from './KeyLine.tsx'

const whyNot = (me: Me, passkey: Passkey): string | null => {
  if (passkey.staff_id === me.staff.id) return 'you cannot confirm your own key'
  return me.staff.roles.includes('super_admin') ? null : 'confirming needs super_admin'
}

/** Keys of others that may not sign yet: whoever countersigns sees whose are about to. */
export function WaitingKeys({ me }: { me: Me }) {
  const { data: keys, error, refetch } = useQuery(waitingPasskeysQuery)
  return (
    <Card title="Keys waiting" flush={(keys?.length ?? 0) > 0} aside={<span className="text-faint text-xs">of all staff</span>}>
      {error ? <FailureNote error={error} onRetry={() => void refetch()} /> : null}
      {!keys && !error ? <Loading lines={1} /> : null}
      {keys?.length === 0 ? (
        <p className="text-faint text-sm">No key is waiting. A person's first key appears here until it can sign.</p>
      ) : null}
      {keys && keys.length > 0 ? (
        <ul className="divide-y divide-line">
          {keys.map((passkey) => (
            <Waiting key={passkey.id} passkey={passkey} why={whyNot(me, passkey)} />
          ))}
        </ul>
      ) : null}
    </Card>
  )
}

function Waiting({ passkey, why }: { passkey: Passkey; why: string | null }) {
  const confirm = useConfirmPasskey(() => toast('Key confirmed', passkey.staff_email))
  return (
    <KeyLine passkey={passkey} whose={<span className="block text-soft">{passkey.staff_email}</span>}>
      <span className="flex items-center gap-2">
        {why ? <span className="text-faint text-xs">{why}</span> : null}
        <Button
          size="small"
          disabled={why !== null || confirm.isPending}
          aria-label={`Confirm the key of ${passkey.staff_email}`}
          onClick={() => confirm.mutate(passkey.id)}
        >
          Confirm
        </Button>
      </span>
      {confirm.error ? <FailureNote error={confirm.error} /> : null}
    </KeyLine>
  )
}
