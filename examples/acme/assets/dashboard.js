// What the dashboard shows beyond its figures: a chart, what happens now, who else is here.
const $ = (id) => document.getElementById(id)
const days = 30
const [width, height] = [600, 140]

function draw(counts) {
  const svg = (name, attributes) => {
    const element = document.createElementNS('http://www.w3.org/2000/svg', name)
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value)
    return element
  }
  const most = Math.max(1, ...counts.map(({ issued }) => issued))
  const step = width / days
  const chart = svg('svg', { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: 'none' })
  for (const [n, { day, issued }] of counts.entries()) {
    const tall = Math.max(2, (issued / most) * height)
    const bar = svg('rect', { x: n * step + 2, y: height - tall, width: step - 4, height: tall, rx: 2 })
    const title = svg('title', {})
    title.textContent = `${day}: ${issued}`
    bar.append(title)
    chart.append(bar)
  }
  $('chart').replaceChildren(chart)
}

async function loadUsage() {
  const response = await fetch('/v1/usage')
  if (!response.ok) throw new Error(`usage: ${response.status}`)
  const found = new Map((await response.json()).days.map((day) => [day.day, day.issued]))
  draw(
    Array.from({ length: days }, (_, n) => {
      const day = new Date(Date.now() - (days - 1 - n) * 86_400_000).toISOString().slice(0, 10)
      return { day, issued: found.get(day) ?? 0 }
    }),
  )
}

const shown = 8
const happened = [
  'attestation.issued',
  'attestation.revoked',
  'attestation.noted',
  'billing.changed',
  'export.requested',
  'api_key.created',
]

function follow() {
  const events = new EventSource('/v1/events')
  const add = ({ data }) => {
    const { action, subject, at, actor } = JSON.parse(data)
    const item = document.createElement('li')
    const [what, by] = [document.createElement('strong'), document.createElement('span')]
    what.textContent = `${action.replaceAll(/[._]/g, ' ')} ${subject}`
    by.textContent = `${actor} · ${new Date(at).toLocaleTimeString()}`
    by.className = 'hint'
    item.append(what, by)
    $('feed').prepend(item)
    while ($('feed').children.length > shown) $('feed').lastChild.remove()
  }
  for (const name of happened) events.addEventListener(name, add)
  events.addEventListener('open', () => {
    $('feed-state').textContent = 'Live'
  })
  events.addEventListener('error', () => {
    $('feed-state').textContent = events.readyState === EventSource.CLOSED ? 'Not available' : 'Connecting …'
  })
}

function meet() {
  const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/v1/presence`)
  socket.addEventListener('message', ({ data }) => {
    const { here } = JSON.parse(data)
    $('presence').hidden = false
    $('presence').textContent = here.length === 1 ? 'Only you are here' : `${here.length} here`
    $('presence').title = here.join(', ')
  })
  socket.addEventListener('close', () => {
    $('presence').hidden = true
  })
}

loadUsage().catch(() => {
  $('chart').textContent = 'The figures cannot be shown at the moment.'
})
follow()
meet()
