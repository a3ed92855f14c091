import { runnerHeaders } from '@countersign/contract/runner.ts'
import type { ScopeCatalogue } from '@countersign/contract/scopes.ts'
import type { Session } from '@countersign/contract/sessions.ts'
import { Plus, Send, X } from 'lucide-react'
import { type ReactNode, useId } from 'react'
import { useNoConnection } from '../../api/connection.ts'
import { useMe } from '../../api/me.ts'
import { Button, IconButton } from '../../ui/Button.tsx'
import { Code } from '../../ui/Code.tsx'
import { describedBy, Field, Input, inputClass, TextArea } from '../../ui/Field.tsx'
import { choicesOf, curlOf, type Draft, faultOf, hasBody, missingOf, type Pair, parametersOf } from './request.ts'

type Props = {
  session: Session
  catalogue: ScopeCatalogue
  draft: Draft
  isSending: boolean
  onChoose: (method: string, route: string) => void
  onChange: (draft: Draft) => void
  onSend: () => void
}

export function Builder({ session, catalogue, draft, isSending, onChoose, onChange, onSend }: Props) {
  const id = useId()
  const { gateway_url: gatewayUrl } = useMe()
  const missing = useNoConnection() ?? missingOf(draft)
  const isBlocked = missing !== null || isSending
  const route = catalogue.scopes.flatMap(({ routes }) => routes).find(({ method, path }) => method === draft.method && path === draft.route)
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        if (!isBlocked) onSend()
      }}
      onKeyDown={(event) => {
        if (event.key === 'Enter' && (event.metaKey || event.ctrlKey) && !isBlocked) onSend()
      }}
      className="flex flex-col gap-4"
    >
      <Field label="Route" htmlFor={`${id}-route`} hint={route?.does ? `To ${route.does}.` : undefined}>
        <select
          id={`${id}-route`}
          value={`${draft.method} ${draft.route}`}
          onChange={({ target }) => {
            const at = target.value.indexOf(' ')
            onChoose(target.value.slice(0, at), target.value.slice(at + 1))
          }}
          className={`${inputClass} id h-8 pointer-coarse:h-10`}
        >
          {choicesOf(catalogue, session.scopes).map(({ label, routes }) => (
            <optgroup key={label} label={label}>
              {routes.map(({ method, path }) => (
                <option key={`${method} ${path}`} value={`${method} ${path}`}>
                  {method} {path}
                </option>
              ))}
            </optgroup>
          ))}
        </select>
      </Field>
      <Parameters id={id} draft={draft} onChange={onChange} />
      <Pairs
        name="Query"
        one="query parameter"
        pairs={draft.query}
        onChange={(query) => onChange({ ...draft, query })}
        field={(pair, set, label) => (
          <Input aria-label={label} placeholder="name" value={pair.name} onChange={(event) => set(event.target.value)} />
        )}
      />
      <Pairs
        name="Headers"
        one="header"
        pairs={draft.headers}
        onChange={(headers) => onChange({ ...draft, headers })}
        field={(pair, set, label) => (
          <select
            aria-label={label}
            value={pair.name}
            onChange={(event) => set(event.target.value)}
            className={`${inputClass} id h-8 pointer-coarse:h-10`}
          >
            <option value="">choose</option>
            {runnerHeaders.map((header) => (
              <option key={header}>{header}</option>
            ))}
          </select>
        )}
      />
      {hasBody(draft.method) ? <Body id={id} draft={draft} onChange={onChange} /> : null}
      <div className="flex flex-wrap items-center justify-end gap-3">
        {missing ? <span className="mr-auto min-w-0 text-faint text-sm">{missing}</span> : null}
        <Button submit kind="main" icon={<Send />} disabled={isBlocked}>
          {isSending ? 'Sending' : `Send ${draft.method}`}
        </Button>
      </div>
      <details className="text-sm">
        <summary className="w-max text-soft hover:text-ink">As a curl command</summary>
        <div className="pt-2">
          <Code what="curl command" text={curlOf(gatewayUrl, draft)} />
        </div>
      </details>
    </form>
  )
}

type Part = Pick<Props, 'draft' | 'onChange'> & { id: string }

function Parameters({ id, draft, onChange }: Part) {
  const names = [...new Set(parametersOf(draft.route))]
  if (names.length === 0) return null
  return (
    <div className="grid grid-cols-1 gap-3 sm:grid-cols-2">
      {names.map((name) => (
        <Field key={name} label={name} htmlFor={`${id}-${name}`}>
          <Input
            id={`${id}-${name}`}
            value={draft.parameters[name] ?? ''}
            maxLength={500}
            className="id"
            onChange={(event) => onChange({ ...draft, parameters: { ...draft.parameters, [name]: event.target.value } })}
          />
        </Field>
      ))}
    </div>
  )
}

function Body({ id, draft, onChange }: Part) {
  const isEmpty = draft.body.trim() === ''
  const fault = isEmpty ? null : faultOf(draft.body)
  const format = () => onChange({ ...draft, body: JSON.stringify(JSON.parse(draft.body), null, 2) })
  return (
    <Field
      label="Body"
      htmlFor={`${id}-body`}
      optional
      hint="JSON, unless the header content-type says otherwise."
      aside={
        <Button kind="quiet" size="small" disabled={isEmpty || fault !== null} onClick={format}>
          Format
        </Button>
      }
    >
      <TextArea
        id={`${id}-body`}
        rows={7}
        spellCheck={false}
        value={draft.body}
        aria-describedby={describedBy(`${id}-body`)}
        onChange={(event) => onChange({ ...draft, body: event.target.value })}
        className="id"
      />
    </Field>
  )
}

type PairsProps = {
  name: string
  one: string
  pairs: readonly Pair[]
  onChange: (pairs: Pair[]) => void
  field: (pair: Pair, set: (name: string) => void, label: string) => ReactNode
}

/** Names and values, as many as are wanted. */
function Pairs({ name, one, pairs, onChange, field }: PairsProps) {
  const change = (at: number, part: Partial<Pair>) => onChange(pairs.map((pair, each) => (each === at ? { ...pair, ...part } : pair)))
  return (
    <fieldset className="flex min-w-0 flex-col gap-1.5">
      <div className="flex items-center gap-2">
        <legend className="float-left font-medium text-sm">{name}</legend>
        <Button kind="quiet" size="small" icon={<Plus />} className="ml-auto" onClick={() => onChange([...pairs, { name: '', value: '' }])}>
          Add<span className="sr-only"> a {one}</span>
        </Button>
      </div>
      {pairs.map((pair, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: rows are told apart by their place alone
        <div key={at} className="grid grid-cols-[minmax(0,2fr)_minmax(0,3fr)_auto] items-center gap-1.5">
          {field(pair, (given) => change(at, { name: given }), `Name of ${one} ${at + 1}`)}
          <Input
            aria-label={`Value of ${one} ${at + 1}`}
            placeholder="value"
            value={pair.value}
            onChange={(event) => change(at, { value: event.target.value })}
          />
          <IconButton label={`Remove ${one} ${at + 1}`} icon={<X />} onClick={() => onChange(pairs.filter((_, each) => each !== at))} />
        </div>
      ))}
    </fieldset>
  )
}
