import type { ScopeCatalogue } from '@countersign/contract/scopes.ts'
import type { Session } from '@countersign/contract/sessions.ts'
import { CornerDownLeft, PanelRight, RotateCw } from 'lucide-react'
import { type FormEvent, type ReactNode, useEffect, useId, useState } from 'react'
import { Button, IconButton } from '../../ui/Button.tsx'
import { Inert } from '../../ui/Inert.tsx'
import { readPath } from './path.ts'
import { findRoute } from './routes.ts'

type Props = {
  session: Session
  catalogue: ScopeCatalogue
  /** What the product's origin is called. */
  origin: string
  /** Where the page inside is, as the record says. */
  path: string
  isReady: boolean
  onGo: (path: string) => void
  record: { isOpen: boolean; refused: number; onToggle: () => void }
}

/** What to expect of a path, before it is asked for. The gateway decides. */
const expect = (typed: string, { session, catalogue }: Pick<Props, 'session' | 'catalogue'>): string | undefined => {
  const { path, fault } = readPath(typed)
  if (path === undefined) return fault
  const route = findRoute(catalogue, 'GET', path)
  if (!route) return 'No route is declared for this path: it will be refused.'
  return session.scopes.includes(route.scope)
    ? undefined
    : `This needs ${route.scope}, which the session does not have: it will be refused.`
}

export function AddressLine({ session, catalogue, origin, path, isReady, onGo, record }: Props) {
  const id = useId()
  const [typed, setTyped] = useState<string | null>(null)
  // Where the page goes by itself, what was typed and not sent is forgotten.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the path is what it waits for
  useEffect(() => setTyped(null), [path])
  const text = typed ?? path
  const said = typed === null ? undefined : expect(typed, { session, catalogue })
  const read = readPath(text)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (read.path === undefined || !isReady) return
    setTyped(null)
    onGo(read.path)
  }
  return (
    <div className="relative z-10 flex items-center gap-1.5 border-line border-b bg-page px-2 py-1.5">
      <IconButton label="Load the page again" icon={<RotateCw />} disabled={!isReady} onClick={() => onGo(path)} />
      <form onSubmit={submit} className="relative flex min-w-0 flex-1 items-center">
        <div className="flex h-8 min-w-0 flex-1 items-center overflow-hidden rounded-md border border-field bg-panel pointer-coarse:h-10 focus-within:border-accent focus-within:outline-1 focus-within:outline-accent">
          <span className="max-w-40 shrink-0 truncate border-line border-r bg-sunk px-2.5 text-soft text-xs leading-8 max-sm:max-w-20">
            <Inert text={origin} />
          </span>
          <label htmlFor={id} className="sr-only">
            Path
          </label>
          <input
            id={id}
            value={text}
            autoComplete="off"
            spellCheck={false}
            maxLength={4096}
            aria-invalid={read.path === undefined}
            aria-describedby={`${id}-said`}
            onChange={(event) => setTyped(event.target.value)}
            onFocus={(event) => event.target.select()}
            onKeyDown={(event) => {
              if (event.key !== 'Escape') return
              setTyped(null)
              event.currentTarget.blur()
            }}
            className="id h-full min-w-0 flex-1 bg-transparent px-2.5 text-sm outline-none"
          />
          {typed === null ? null : (
            <Button
              submit
              kind="quiet"
              size="small"
              icon={<CornerDownLeft />}
              disabled={read.path === undefined || !isReady}
              className="mr-0.5"
            >
              Open
            </Button>
          )}
        </div>
        <p id={`${id}-said`} role="status" className="absolute top-full left-0 z-20 pt-1">
          {said ? <Said>{said}</Said> : null}
        </p>
      </form>
      <Button
        kind="quiet"
        size="small"
        icon={<PanelRight />}
        aria-expanded={record.isOpen}
        aria-controls="view-record"
        onClick={record.onToggle}
        className="!h-8"
      >
        <span className="max-sm:sr-only">Record</span>
        {record.refused > 0 ? (
          <span className="rounded-full bg-warn-wash px-1.5 text-warn text-xs nums">
            {record.refused}
            <span className="max-lg:sr-only"> refused</span>
          </span>
        ) : null}
      </Button>
    </div>
  )
}

const Said = ({ children }: { children: ReactNode }) => (
  <span className="block rounded-md border border-warn-edge bg-warn-wash px-2 py-1 text-warn text-xs">{children}</span>
)
