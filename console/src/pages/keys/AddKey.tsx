import { PasskeyName } from '@countersign/contract/passkeys.ts'
import { Fingerprint } from 'lucide-react'
import { useState } from 'react'
import { useNoConnection } from '../../api/connection.ts'
import { useEnrol } from '../../api/passkeys.ts'
import { Button } from '../../ui/Button.tsx'
import { Card } from '../../ui/Card.tsx'
import { describedBy, Field, Input } from '../../ui/Field.tsx'
import { Inert } from '../../ui/Inert.tsx'
import { toast } from '../../ui/Toasts.tsx'
import { SigningFailure } from './SigningFailure.tsx'

export function AddKey() {
  const enrol = useEnrol()
  const noConnection = useNoConnection()
  const [name, setName] = useState('')
  const parsed = PasskeyName.safeParse(name)
  const missing = noConnection ?? (parsed.success ? null : name.trim() ? 'the name is too long' : 'name missing')
  const add = () => {
    if (!parsed.success) return
    enrol.mutate(parsed.data, {
      onSuccess: (made) => {
        setName('')
        toast('Key added', <Inert text={made.name} />)
      },
    })
  }
  return (
    <Card title="Add a key">
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (!missing) add()
        }}
        className="flex flex-col gap-3"
      >
        <Field
          label="Name"
          htmlFor="key-name"
          hint="A name for it: the laptop, the blue security key. Adding a key needs a sign-in within the last five minutes."
        >
          <Input id="key-name" value={name} aria-describedby={describedBy('key-name')} onChange={(event) => setName(event.target.value)} />
        </Field>
        <div className="flex items-center justify-end gap-2">
          {missing ? <span className="mr-auto text-faint text-sm">{missing}</span> : null}
          <Button submit kind="main" icon={<Fingerprint />} disabled={missing !== null || enrol.isPending}>
            {enrol.isPending ? 'Waiting for your passkey' : 'Add a passkey'}
          </Button>
        </div>
        {enrol.error ? <SigningFailure error={enrol.error} onFresh={add} /> : null}
      </form>
    </Card>
  )
}
