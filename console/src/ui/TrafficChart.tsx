import type { TenantHealth } from '@countersign/contract/health.ts'
import { useEffect, useRef, useState } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { formatNumber, formatShortDay, formatTimeOfDay, plural } from './format.ts'
import { useScheme } from './theme.ts'
import { useZone } from './zone.ts'

type Series = TenantHealth['series']
const chartHeight = 200

/** What a canvas draws with: it knows colours, not classes. */
const inkOf = (place: HTMLElement) => {
  const colour = (name: string) => getComputedStyle(place.querySelector(`[data-ink=${name}]`) as Element).color
  return { calls: colour('calls'), wash: colour('wash'), errors: colour('errors'), text: colour('text'), line: colour('line') }
}

const minute = (at: number) => formatTimeOfDay(at).slice(0, 5)

/** Some more room than the highest point takes, and never none. */
const upTo = (highest: number): [number, number] => [0, Math.max(4, highest * 1.08)]

const optionsOf = (series: Series, width: number, ink: ReturnType<typeof inkOf>, onHover: (at: number | null) => void): uPlot.Options => {
  const isLong = series.points.length * series.step_seconds > 2 * 86_400
  const axis = { stroke: ink.text, font: '11px "Inter Variable", system-ui', grid: { stroke: ink.line, width: 1 }, ticks: { show: false } }
  return {
    width,
    height: chartHeight,
    padding: [8, 8, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 7, width: 0 } },
    scales: { y: { range: (_, __, highest) => upTo(highest) } },
    axes: [
      {
        ...axis,
        size: 24,
        space: isLong ? 90 : 60,
        grid: { show: false },
        values: (_, splits) => splits.map((at) => (isLong ? formatShortDay(at * 1000) : minute(at * 1000))),
        ...(isLong ? { incrs: [86_400] } : {}),
      },
      { ...axis, size: 52, values: (_, splits) => splits.map((value) => (Number.isInteger(value) ? formatNumber(value) : '')) },
    ],
    series: [
      {},
      { label: 'Calls', stroke: ink.calls, fill: ink.wash, width: 1.5, points: { show: false } },
      { label: 'Errors', stroke: ink.errors, width: 1.5, points: { show: false } },
    ],
    hooks: { setCursor: [(plot) => onHover(plot.cursor.idx ?? null)] },
  }
}

const dataOf = ({ points }: Series): uPlot.AlignedData => [
  points.map(({ at }) => Date.parse(at) / 1000),
  points.map(({ calls }) => calls),
  points.map(({ errors }) => errors),
]

/** Calls as an area and errors as a line, from zero; values on hover. The same numbers stand below it as a table. */
export function TrafficChart({ series }: { series: Series }) {
  const place = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot>(undefined)
  const [hovered, setHovered] = useState<number | null>(null)
  const scheme = useScheme()
  const zone = useZone()
  const shape = `${series.step_seconds} ${series.points.length}`
  const now = useRef(series)
  now.current = series

  // biome-ignore lint/correctness/useExhaustiveDependencies: drawn anew in other colors, in another zone, or over another span
  useEffect(() => {
    const element = place.current
    if (!element) return
    const drawn = new uPlot(optionsOf(now.current, element.clientWidth, inkOf(element), setHovered), dataOf(now.current), element)
    plot.current = drawn
    const observer = new ResizeObserver(() => drawn.setSize({ width: element.clientWidth, height: chartHeight }))
    observer.observe(element)
    return () => {
      observer.disconnect()
      drawn.destroy()
      plot.current = undefined
    }
  }, [scheme, zone, shape])

  useEffect(() => plot.current?.setData(dataOf(series)), [series])

  const point = hovered === null ? undefined : series.points[hovered]
  return (
    <div className="flex flex-col gap-2">
      <p aria-hidden="true" className="flex min-h-5 flex-wrap items-center gap-x-4 text-sm nums">
        <span className="inline-flex items-center gap-1.5">
          <span className="h-2.5 w-2.5 rounded-sm bg-accent" /> {point ? plural(point.calls, 'call') : 'Calls'}
        </span>
        <span className="inline-flex items-center gap-1.5">
          <span className="h-0.5 w-3 bg-bad" /> {point ? plural(point.errors, 'error') : 'Errors'}
        </span>
        <span className="text-faint">{point ? spanWords(point.at, series.step_seconds) : null}</span>
      </p>
      <div ref={place} aria-hidden="true" className="h-[200px] min-w-0 overflow-hidden">
        <span data-ink="calls" className="text-accent" />
        <span data-ink="wash" className="text-accent/15" />
        <span data-ink="errors" className="text-bad" />
        <span data-ink="text" className="text-faint" />
        <span data-ink="line" className="text-line" />
      </div>
      <Numbers series={series} />
    </div>
  )
}

const spanWords = (at: string, seconds: number): string =>
  `${formatShortDay(at)}, ${minute(Date.parse(at))}–${minute(Date.parse(at) + seconds * 1000)}`

/** What the chart shows, for whoever reads it or has it read. */
function Numbers({ series }: { series: Series }) {
  return (
    <details className="text-sm">
      <summary className="w-max min-h-6 text-faint text-xs hover:text-ink">The numbers as a table</summary>
      {/* biome-ignore lint/a11y/useSemanticElements: a region that scrolls must be reachable by keyboard */}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: as above */}
      <div role="group" aria-label="Calls and errors" tabIndex={0} className="mt-2 max-h-64 overflow-y-auto rounded-md border border-line">
        <table className="w-full text-left text-sm nums">
          <caption className="sr-only">Calls and errors by time, the newest first</caption>
          <thead className="sticky top-0 bg-panel text-faint text-xs">
            <tr>
              <th scope="col" className="px-3 py-1.5 font-medium">
                Time
              </th>
              <th scope="col" className="px-3 py-1.5 text-right font-medium">
                Calls
              </th>
              <th scope="col" className="px-3 py-1.5 text-right font-medium">
                Errors
              </th>
            </tr>
          </thead>
          <tbody>
            {series.points.toReversed().map((point) => (
              <tr key={point.at} className="border-line border-t">
                <th scope="row" className="px-3 py-1 font-normal text-soft">
                  {spanWords(point.at, series.step_seconds)}
                </th>
                <td className="px-3 py-1 text-right">{formatNumber(point.calls)}</td>
                <td className="px-3 py-1 text-right">{formatNumber(point.errors)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  )
}
