import { Problem } from '@countersign/contract/errors.ts'
import type { RunnerAnswer } from '@countersign/contract/runner.ts'
import type { ScopeCatalogue } from '@countersign/contract/scopes.ts'
import clsx from 'clsx'
import { useState } from 'react'
import { formatBytes, formatDuration } from '../../ui/format.ts'
import { Inert } from '../../ui/Inert.tsx'
import { Segments } from '../../ui/Segments.tsx'
import { refusedSentence } from '../view/sentences.ts'
import { JsonTree } from './JsonTree.tsx'
import { RowsTable } from './RowsTable.tsx'
import { type Draft, pathOf } from './request.ts'
import { tableIn } from './table.ts'

type Shape = 'table' | 'tree' | 'raw' | 'headers'

const mostRaw = 200_000

const parse = ({ is_cut, is_text, body }: RunnerAnswer): { value: unknown } | undefined => {
  if (is_cut || !is_text) return undefined
  try {
    return { value: JSON.parse(body) }
  } catch {
    return undefined
  }
}

export function Answer({ answer, catalogue, sent }: { answer: RunnerAnswer; catalogue: ScopeCatalogue; sent: Draft }) {
  const json = parse(answer)
  const table = json && tableIn(json.value)
  const shapes: Shape[] = [...(table ? (['table'] as const) : []), ...(json ? (['tree'] as const) : []), 'raw', 'headers']
  const [wanted, setWanted] = useState<Shape>('table')
  const shape = shapes.includes(wanted) ? wanted : (shapes[0] as Shape)
  return (
    <div className="flex min-w-0 flex-col gap-3">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <p role="status" className="flex flex-wrap items-baseline gap-x-3 text-sm">
          <StatusWord status={answer.status} />
          <span className="text-soft nums">{formatDuration(answer.duration_ms)}</span>
          <span className="text-soft nums">
            {answer.is_cut ? 'more than ' : ''}
            {formatBytes(answer.bytes)}
          </span>
        </p>
        <Segments
          label="Show as"
          value={shape}
          onChoose={setWanted}
          options={shapes.map((value) => ({ value, label: words[value] }))}
          className="ml-auto !h-7"
        />
      </div>
      <Refused answer={answer} json={json} catalogue={catalogue} sent={sent} />
      {shape === 'table' && table ? <RowsTable {...table} /> : null}
      {shape === 'tree' && json ? <JsonTree value={json.value} /> : null}
      {shape === 'raw' ? <Raw answer={answer} /> : null}
      {shape === 'headers' ? <Headers headers={answer.headers} /> : null}
    </div>
  )
}

const words: Record<Shape, string> = { table: 'Table', tree: 'Tree', raw: 'Raw', headers: 'Headers' }

function StatusWord({ status }: { status: number }) {
  const tone = status === 0 || status >= 500 ? 'text-bad' : status >= 400 ? 'text-warn' : 'text-ok'
  return <span className={clsx('font-semibold nums', tone)}>{status === 0 ? 'no answer' : status}</span>
}

type RefusedProps = { answer: RunnerAnswer; json: { value: unknown } | undefined; catalogue: ScopeCatalogue; sent: Draft }

/** Where the gateway refused it, and not the product: in words. */
function Refused({ answer, json, catalogue, sent }: RefusedProps) {
  const isOurs = answer.headers.some(([name, value]) => name === 'content-type' && value.startsWith('application/problem+json'))
  const problem = isOurs ? Problem.safeParse(json?.value) : undefined
  if (!problem?.success) return null
  const { code, hint } = problem.data
  const row = { via: 'browser', method: sent.method, route: sent.route, path: pathOf(sent), code } as const
  return (
    <div className="rounded-md border border-warn-edge bg-warn-wash px-3 py-2 text-sm">
      <p className="font-medium">{refusedSentence(row, catalogue, 'You')}</p>
      <p className="text-soft">{hint}</p>
      <p className="id mt-1 text-warn text-xs">{code}</p>
    </div>
  )
}

function Raw({ answer: { body, bytes, is_cut, is_text } }: { answer: RunnerAnswer }) {
  if (!is_text) return <p className="text-soft text-sm">{formatBytes(bytes)} that are not text.</p>
  if (body === '') return <p className="text-soft text-sm">The answer has no body.</p>
  const isLong = body.length > mostRaw
  return (
    <div className="flex flex-col gap-2">
      {is_cut || isLong ? <p className="text-sm text-warn">Only the beginning is shown.</p> : null}
      <pre
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        tabIndex={0}
        className="id max-h-[70vh] overflow-auto wrap-anywhere whitespace-pre-wrap rounded-md border border-line bg-sunk px-3 py-2 text-sm"
      >
        <Inert text={isLong ? body.slice(0, mostRaw) : body} />
      </pre>
    </div>
  )
}

function Headers({ headers }: { headers: RunnerAnswer['headers'] }) {
  return (
    <dl className="grid grid-cols-[max-content_minmax(0,1fr)] gap-x-4 gap-y-1 text-sm">
      {headers.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="id text-soft">{name}</dt>
          <dd className="id wrap-anywhere">
            <Inert text={value} />
          </dd>
        </div>
      ))}
    </dl>
  )
}
