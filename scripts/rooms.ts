// `npm run rooms` draws who imports whom, as text or, with --mermaid, as a diagram. With --check it says which import
// breaks which rule, and nothing else.
import type { ICruiseResult } from 'dependency-cruiser'
import { cruiseRooms } from './cruise.ts'

const order = [
  'main',
  'gateway',
  'http',
  'feed',
  'cli',
  'actions',
  'sessions',
  'events',
  'privacy',
  'health',
  'identity',
  'directory',
  'access',
  'sequencer',
  'verify',
  'audit',
  'store',
  'ground',
]

const roomOf = (file: string): string | undefined => {
  const [, room] = /^server\/src\/([^/.]+)/.exec(file) ?? []
  if (room) return order.includes(room) ? room : ['errors', 'ids', 'keys', 'config', 'thread', 'version'].includes(room) ? 'ground' : 'main'
  return /^(contract|log|console|examples\/acme)\//.exec(file)?.[1]
}

const readArrows = ({ modules }: ICruiseResult): Map<string, Map<string, number>> => {
  const arrows = new Map<string, Map<string, number>>(
    [...order, 'log', 'contract', 'console', 'examples/acme'].map((room) => [room, new Map()]),
  )
  for (const { source, dependencies } of modules) {
    const from = roomOf(source)
    const out = from === undefined ? undefined : arrows.get(from)
    for (const { resolved } of dependencies) {
      const to = roomOf(resolved)
      if (out && to && to !== from) out.set(to, (out.get(to) ?? 0) + 1)
    }
  }
  return arrows
}

const drawText = (arrows: Map<string, Map<string, number>>): string => {
  const rank = (room: string) => [...arrows.keys()].indexOf(room)
  return [...arrows]
    .filter(([room, out]) => out.size > 0 || [...arrows.values()].some((others) => others.has(room)))
    .map(([room, out]) => {
      const targets = [...out].sort(([a], [b]) => rank(a) - rank(b)).map(([to, count]) => `${to} ${count}`)
      return `${room.padEnd(14)} ${targets.length > 0 ? `→ ${targets.join(', ')}` : '· imports no other room'}`
    })
    .join('\n')
}

const drawMermaid = (arrows: Map<string, Map<string, number>>): string => {
  const id = (room: string) => room.replace('/', '_')
  const lines = [...arrows].flatMap(([from, out]) => [...out.keys()].map((to) => `  ${id(from)}[${from}] --> ${id(to)}[${to}]`))
  return ['flowchart TD', ...lines].join('\n')
}

const listViolations = ({ summary }: ICruiseResult): string[] =>
  summary.violations.map(({ rule, from, to, cycle, comment }) => {
    const way = cycle ? [from, ...cycle.map(({ name }) => name)].join(' → ') : from === to ? from : `${from} → ${to}`
    const why = comment ?? summary.ruleSetUsed?.forbidden?.find(({ name }) => name === rule.name)?.comment
    return `${rule.name}: ${way}\n    ${why ?? ''}`
  })

const result = await cruiseRooms()
if (process.argv.includes('--check')) {
  const violations = listViolations(result)
  if (violations.length > 0) console.log(violations.join('\n'))
  process.exitCode = violations.length > 0 ? 1 : 0
} else {
  const arrows = readArrows(result)
  console.log(process.argv.includes('--mermaid') ? drawMermaid(arrows) : drawText(arrows))
}
