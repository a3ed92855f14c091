type Bar = { key: string; value: number | null; tip: string }

const width = 10
const height = 48

/** A few numbers as bars from zero. A second sight of numbers that stand beside it as text. */
export function Bars({ bars, isLastOpen = false }: { bars: readonly Bar[]; isLastOpen?: boolean }) {
  const most = Math.max(1, ...bars.map(({ value }) => value ?? 0))
  return (
    <svg
      viewBox={`0 0 ${bars.length * width} ${height}`}
      preserveAspectRatio="none"
      aria-hidden="true"
      className="block h-12 w-full overflow-visible"
    >
      {bars.map(({ key, value, tip }, at) => {
        const tall = value === null || value === 0 ? 1 : Math.max(2, (value / most) * height)
        const isOpen = isLastOpen && at === bars.length - 1
        return (
          <g key={key} data-tip={tip} className="group/bar">
            <rect x={at * width} y="0" width={width} height={height} className="fill-transparent" />
            <rect
              x={at * width + 1}
              y={height - tall}
              width={width - 2}
              height={tall}
              className={
                value ? (isOpen ? 'fill-accent/55 group-hover/bar:fill-accent' : 'fill-accent/85 group-hover/bar:fill-accent') : 'fill-edge'
              }
            />
          </g>
        )
      })}
    </svg>
  )
}

/** The run of a day's calls, small enough for a row. */
export function Sparkline({ values }: { values: readonly number[] }) {
  const most = Math.max(1, ...values)
  const point = (value: number, at: number) =>
    `${((at * 72) / Math.max(1, values.length - 1)).toFixed(1)},${(15 - (value / most) * 14).toFixed(1)}`
  const line = values.map(point).join(' ')
  const isFlat = values.every((value) => value === 0)
  return (
    <svg width="72" height="16" viewBox="0 0 72 16" aria-hidden="true" className="shrink-0 overflow-visible">
      <polygon points={`0,15 ${line} 72,15`} className="fill-accent/12" />
      <polyline points={line} fill="none" strokeWidth="1.25" strokeLinejoin="round" className={isFlat ? 'stroke-edge' : 'stroke-accent'} />
    </svg>
  )
}
