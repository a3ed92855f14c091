// The pages before the product: sign-in, passkeys, and noticing that a session was ended. No framework, no build.
const $ = (id) => document.getElementById(id)
const say = (id, text) => {
  const element = $(id)
  if (element) element.textContent = text
}

/** Asks better-auth; a refusal becomes an error with its own words. */
async function auth(path, body) {
  const response = await fetch(`/api/auth${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  })
  const answer = await response.json().catch(() => null)
  if (!response.ok) throw new Error(answer?.message ?? `That did not work (${response.status}).`)
  return answer
}

/** Runs on an event, one at a time, and shows what went wrong. */
function on(id, event, act) {
  let busy = false
  $(id)?.addEventListener(event, async (happened) => {
    happened.preventDefault()
    if (busy) return
    busy = true
    say('trouble', '')
    try {
      await act(happened.target)
    } catch (error) {
      say('trouble', error.message)
    }
    busy = false
  })
}

/** Where somebody wanted to go: a path of ours, never another site's. */
function enter() {
  const to = new URLSearchParams(location.search).get('to') ?? '/dashboard'
  const url = new URL(to, location.href)
  location.assign(url.origin === location.origin ? url.href : '/dashboard')
}

function requirePasskeys() {
  if (!globalThis.PublicKeyCredential) throw new Error('This browser has no passkeys here: open the page at acme.localhost.')
}

on('password-form', 'submit', async (form) => {
  const { email, password } = Object.fromEntries(new FormData(form))
  const answer = await auth('/sign-in/email', { email, password })
  if (!answer.twoFactorRedirect) return enter()
  form.hidden = true
  $('code-form').hidden = false
  $('code-form').querySelector('input').focus()
})

on('code-form', 'submit', async (form) => {
  await auth('/two-factor/verify-totp', { code: new FormData(form).get('code').trim() })
  enter()
})

on('mail-link', 'click', async () => {
  const field = $('password-form').elements.email
  if (!field.reportValidity()) return
  await auth('/sign-in/magic-link', { email: field.value, callbackURL: '/account' })
  say('news', 'If there is an account with this address, a link is on its way.')
})

on('use-passkey', 'click', async () => {
  requirePasskeys()
  const options = await auth('/passkey/generate-authenticate-options')
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options)
  const credential = await navigator.credentials.get({ publicKey })
  await auth('/passkey/verify-authentication', { response: credential.toJSON() })
  enter()
})

on('add-passkey', 'click', async () => {
  requirePasskeys()
  const options = await auth('/passkey/generate-register-options')
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options)
  const credential = await navigator.credentials.create({ publicKey })
  await auth('/passkey/verify-registration', { response: credential.toJSON(), name: 'This browser' })
  location.reload()
})

on('sign-out', 'click', async () => {
  await auth('/sign-out', {})
  location.assign('/sign-in')
})

for (const button of document.querySelectorAll('[data-switch]'))
  button.addEventListener('click', async () => {
    button.disabled = true
    const { tenant, switch: name, to } = button.dataset
    const response = await fetch('/dev/switches', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ tenant_id: tenant, [name]: to === 'true' }),
    }).catch(() => undefined)
    if (response?.ok) return location.reload()
    say('trouble', 'That did not work: Countersign may not be there.')
    button.disabled = false
  })

if ($('signed-in')) {
  const look = setInterval(async () => {
    const found = await auth('/get-session').catch(() => true)
    if (found) return
    clearInterval(look)
    location.reload()
  }, 2000)
}
