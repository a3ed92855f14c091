import { useState } from 'react'
import { formatNumber } from '../../ui/format.ts'
import { Inert } from '../../ui/Inert.tsx'

const step = 100
const openTo = 2
const longestText = 2_000

/** A JSON value, folded below its first levels; long lists open by steps. */
export function JsonTree({ value }: { value: unknown }) {
  return (
    <section
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
      tabIndex={0}
      aria-label="Answer as a tree"
      className="id max-h-[70vh] overflow-auto rounded-md border border-line bg-sunk px-3 py-2 text-sm leading-[1.6]"
    >
      <Node value={value} depth={0} />
    </section>
  )
}

type NodeProps = { name?: string; value: unknown; depth: number }

function Node({ name, value, depth }: NodeProps) {
  const isList = Array.isArray(value)
  if (typeof value !== 'object' || value === null || (isList ? value.length : Object.keys(value).length) === 0)
    return (
      <div className="wrap-anywhere pl-4">
        <Name name={name} />
        <Leaf value={value} />
      </div>
    )
  const entries = isList ? value.map((each, at): [string, unknown] => [String(at), each]) : Object.entries(value)
  return <Branch name={name} entries={entries} isList={isList} depth={depth} />
}

function Branch({
  name,
  entries,
  isList,
  depth,
}: {
  name: string | undefined
  entries: [string, unknown][]
  isList: boolean
  depth: number
}) {
  const [isOpen, setOpen] = useState(depth < openTo)
  const [most, setMost] = useState(step)
  const rest = entries.length - most
  return (
    <details open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className="cursor-pointer rounded-sm marker:text-faint hover:bg-hover">
        <Name name={name} />
        <span className="text-faint">{isList ? `[${formatNumber(entries.length)}]` : `{${formatNumber(entries.length)}}`}</span>
      </summary>
      {isOpen ? (
        <div className="ml-1.5 border-line border-l pl-2">
          {entries.slice(0, most).map(([key, each]) => (
            <Node key={key} name={key} value={each} depth={depth + 1} />
          ))}
          {rest > 0 ? (
            <button
              type="button"
              onClick={() => setMost(most + step)}
              className="ml-4 min-h-6 font-sans text-accent text-xs hover:underline"
            >
              {formatNumber(rest)} more
            </button>
          ) : null}
        </div>
      ) : null}
    </details>
  )
}

function Name({ name }: { name: string | undefined }) {
  if (name === undefined) return null
  return (
    <span className="text-soft">
      <Inert text={name} />:{' '}
    </span>
  )
}

function Leaf({ value }: { value: unknown }) {
  if (typeof value !== 'string') return <span className="text-accent">{JSON.stringify(value)}</span>
  const isLong = value.length > longestText
  return (
    <span className="text-ok">
      “<Inert text={isLong ? value.slice(0, longestText) : value} />
      {isLong ? '…' : ''}”
    </span>
  )
}
