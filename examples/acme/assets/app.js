// The product's own script, on every page of those who are signed in. No framework, no build.
const $ = (id) => document.getElementById(id)
const csrf = document.querySelector('meta[name="csrf"]').content

function trouble(text) {
  $('trouble').textContent = text
  if (text) $('trouble').scrollIntoView({ block: 'nearest' })
}

/** Sends JSON; a refusal becomes an error with its own words. */
async function send(path, body) {
  const response = await fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-csrf-token': csrf },
    body: JSON.stringify(body ?? {}),
  })
  const answer = await response.json().catch(() => undefined)
  if (!response.ok)
    throw new Error(answer?.detail ?? answer?.error?.message ?? answer?.message ?? `That did not work (${response.status}).`)
  return answer
}

async function load(href) {
  const response = await fetch(href, { headers: { accept: 'text/html' } })
  if (!response.ok) throw new Error(`That did not work (${response.status}).`)
  return new DOMParser().parseFromString(await response.text(), 'text/html')
}

/** Acts once at a time, and shows what went wrong. */
function guarded(act) {
  let busy = false
  return async (event) => {
    event.preventDefault()
    if (busy) return
    busy = true
    trouble('')
    try {
      await act(event)
    } catch (error) {
      trouble(error.message)
    }
    busy = false
  }
}

const whenSeen = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue
      whenSeen.unobserve(target)
      if (target.dataset.src) target.src = target.dataset.src
      else void append(target)
    }
  },
  { rootMargin: '200px' },
)

/** The next page of a list, when its end comes into sight. */
async function append(link) {
  try {
    const next = await load(link.href)
    document.querySelector('[data-list]').append(...next.querySelectorAll('[data-list] > *'))
    const further = next.querySelector('[data-more]')
    if (further) link.replaceWith(further)
    else link.remove()
    watch()
  } catch (error) {
    trouble(error.message)
  }
}

function watch() {
  for (const image of document.querySelectorAll('img[data-src]:not([src])')) whenSeen.observe(image)
  const link = document.querySelector('[data-more]')
  if (link) whenSeen.observe(link)
}

/** A part of the page is replaced, and the address follows. */
async function swap(href) {
  const next = await load(href)
  $('swap').replaceWith(next.getElementById('swap'))
  watch()
}

document.addEventListener('click', (event) => {
  const link = event.target.closest('a[data-swap]')
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return
  void guarded(async () => {
    await swap(link.href)
    history.pushState({}, '', link.href)
  })(event)
})
addEventListener('popstate', () => {
  if ($('swap')) swap(location.href).catch((error) => trouble(error.message))
})

for (const button of document.querySelectorAll('[data-post]'))
  button.addEventListener(
    'click',
    guarded(async () => {
      await send(button.dataset.post)
      location.reload()
    }),
  )

for (const form of document.querySelectorAll('[data-revoke]'))
  form.addEventListener(
    'submit',
    guarded(async () => {
      await send(form.dataset.revoke, Object.fromEntries(new FormData(form)))
      location.reload()
    }),
  )

for (const form of document.querySelectorAll('[data-key]'))
  form.addEventListener(
    'submit',
    guarded(async () => {
      const { key } = await send(form.dataset.key, Object.fromEntries(new FormData(form)))
      $('key').textContent = key
    }),
  )

watch()
