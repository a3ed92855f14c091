// `npm run screenshots`: runs the program on a data folder of its own, lets its people work, and takes a picture of every page.
// `npm run screenshots -- session tenants` takes only those.
import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { errorCatalogue } from '@countersign/contract/errors.ts'
import type { Overview } from '@countersign/contract/health.ts'
import type { BrowserContext, Page } from 'playwright-core'
import { signIn, type Visitor } from '../test/support/browser.ts'
import { openChromium } from '../test/support/chromium.ts'
import { settle, signInAs } from '../test/support/person.ts'
import { newDataDir, type Program, repository, runCommand, startProgram } from '../test/support/program.ts'

const folder = join(repository, 'docs/images')
const widths = [1440, 390] as const
const schemes = ['light', 'dark'] as const

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  })

/** The usual ports where nothing else has them, so that the addresses in the pictures are those of `npm start`. */
const usualPorts = async (): Promise<Record<string, string>> => {
  const free = await Promise.all([4000, 4001, 4002].map(isFree))
  if (free.includes(false)) return {}
  return { COUNTERSIGN_PORT: '4000', COUNTERSIGN_GATEWAY_PORT: '4001', COUNTERSIGN_EXAMPLE_PORT: '4002' }
}

const json = async <T>(answer: Response | Promise<Response>, status: number): Promise<T> => {
  const response = await answer
  if (response.status !== status) throw new Error(`${response.url} answered ${response.status}: ${await response.text()}`)
  return (await response.json()) as T
}

type Opened = { session: { id: string }; token: string }
type Wanted = { tenant_id: string; reason: string; ticket?: string; scopes?: string[]; ttl_minutes?: number; target_user_id?: string }

const waitFor = async (what: string, isThere: () => Promise<boolean>, most = 60_000): Promise<void> => {
  const giveUp = Date.now() + most
  while (!(await isThere())) {
    if (Date.now() > giveUp) throw new Error(`${what} did not come about`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

/** A morning at the support desk. Answers the session whose page is shown, and the user whose pane is. */
const work = async (program: Program, dataDir: string): Promise<Made> => {
  const people = Object.fromEntries(
    await Promise.all(['rob', 'val', 'mgr', 'ada', 'aud'].map(async (login) => [login, await signIn(program.console, login)] as const)),
  ) as Record<'rob' | 'val' | 'mgr' | 'ada' | 'aud', Visitor>
  const { rob, val, mgr, ada, aud } = people
  await waitFor('the directory', async () => (await json<{ total: number }>(rob.get('/api/tenants'), 200)).total >= 60)

  const findUser = async (by: Visitor, query: string): Promise<string> => {
    const { items } = await json<{ items: { id: string }[] }>(by.get(`/api/users?query=${encodeURIComponent(query)}`), 200)
    if (!items[0]) throw new Error(`nobody is found by ${query}`)
    return items[0].id
  }
  const open = (by: Visitor, wanted: Wanted) => json<Opened>(by.send('POST', '/api/sessions', wanted), 201)
  const revoke = (by: Visitor, { session }: Opened, reason: string) =>
    json(by.send('POST', `/api/sessions/${session.id}/revocation`, { reason }), 200)
  const use = async ({ token }: Opened, ...requests: string[]): Promise<void> => {
    for (const request of requests) {
      const [method = 'GET', path = '/'] = request.split(' ')
      const answer = await fetch(`${program.gateway}${path}`, { method, headers: { authorization: `Bearer ${token}` } })
      await answer.arrayBuffer()
    }
  }

  const { code, stderr } = await runCommand(['keys', 'create', '--tenant', 'ten_globex', '--name', 'Globex security', '--json'], {
    COUNTERSIGN_DATA_DIR: dataDir,
  })
  if (code !== 0) throw new Error(stderr)

  const eve = await findUser(rob, 'eve@globex')
  await json(rob.get(`/api/users/${eve}?ticket=SUP-4831`), 200)
  for (const [by, query] of [
    [val, 'milton@initech'],
    [mgr, 'alice@umbrella'],
    [val, 'gavin'],
  ] as const)
    await json(by.get(`/api/users/${await findUser(by, query)}`), 200)

  await revoke(
    val,
    await open(val, {
      tenant_id: 'ten_initech',
      reason: 'Milton cannot find his attestation of last week',
      ticket: 'SUP-4802',
      ttl_minutes: 15,
    }),
    'Found it: it was issued by another member',
  )
  const exportSession = await open(mgr, {
    tenant_id: 'ten_umbrella',
    reason: 'Half of their exports end with an error since this morning',
    ticket: 'SUP-4827',
    scopes: ['exports:read', 'exports:write', 'usage:read'],
    ttl_minutes: 60,
  })
  await use(exportSession, 'GET /v1/exports?limit=5', 'POST /v1/exports', 'GET /v1/usage', 'GET /v1/members')
  const onUser = await open(ada, {
    tenant_id: 'ten_globex',
    target_user_id: eve,
    reason: 'Eve sees fewer attestations than Hank',
    ttl_minutes: 10,
  })
  await use(onUser, 'GET /v1/attestations?limit=5', 'GET /v1/notifications')
  const forWayne = await open(val, {
    tenant_id: 'ten_wayne',
    reason: 'Invoice of October shows a wrong address',
    ticket: '#5120',
    ttl_minutes: 30,
  })
  await use(forWayne, 'GET /v1/billing/settings', 'GET /v1/billing/invoices?limit=3', 'PATCH /v1/billing/settings')
  const refused = await open(rob, { tenant_id: 'ten_stark', reason: 'Check what the read-only preset reaches', ttl_minutes: 5 })
  await revoke(rob, refused, 'Opened on the wrong tenant')
  await use(refused, 'GET /v1/attestations')

  const main = await open(rob, {
    tenant_id: 'ten_globex',
    reason: 'Customer asks why the export of Friday came out empty',
    ticket: 'SUP-4831',
    ttl_minutes: 30,
  })
  const attestations = await fetch(`${program.gateway}/v1/attestations?limit=1`, { headers: { authorization: `Bearer ${main.token}` } })
  const { items } = await json<{ items: { id: string }[] }>(attestations, 200)
  await use(
    main,
    `GET /v1/attestations/${items[0]?.id}`,
    'GET /v1/tenants/ten_globex/summary',
    'GET /v1/exports?limit=10',
    'GET /v1/tenants/ten_initech/summary',
    'POST /v1/exports',
    'GET /v1/notifications/1',
    'POST /v1/account/password',
    'GET /v1/members?limit=20',
    'GET /v1/usage',
  )
  await fetch(`${program.gateway}/v1/attestations`, { headers: { authorization: 'Bearer css_not-a-token' } })

  await json(aud.get('/api/audit?limit=5'), 200)
  await aud.get('/api/sessions')
  const ask = (by: Visitor, id: string, reason: string, ticket: string) =>
    json<{ id: string }>(
      by.send(
        'POST',
        '/api/actions',
        { action: 'suspend_account', target: { kind: 'user', id }, reason, ticket, ask_approval: true },
        { 'idempotency-key': `picture-${id}` },
      ),
      202,
    )
  await ask(val, await findUser(val, 'gavin'), 'Three of their members report mails that he did not write', '#5131')
  const request = await ask(rob, await findUser(rob, 'milton@initech'), 'His laptop was stolen and is still signed in', 'SUP-4840')
  return { session: main.session.id, revoked: refused.session.id, user: eve, request: request.id }
}

type Picture = {
  name: string
  path?: string
  by?: 'rob' | 'mgr' | 'aud' | 'eve' | 'nobody'
  /** Stands between the page and the server, before the page is loaded. */
  before?: (page: Page) => Promise<unknown>
  act?: (page: Page) => Promise<unknown>
  /** Shown while it still loads. */
  isLoading?: boolean
  isFailed?: boolean
}

const listOfTenants = /\/api\/overview\?/

const dialog = (page: Page) => page.getByRole('dialog')
const fillSession = async (page: Page): Promise<void> => {
  await page.getByRole('toolbar').getByRole('button', { name: 'Create Support Session' }).click()
  await dialog(page).getByLabel('Reason').fill('Customer asks why an export came out empty')
  await dialog(page).getByLabel('Ticket').fill('SUP-4831')
}

/** Names as some product may have them: long, from the right, stacked, invisible, and what looks like code. */
const hardNames = [
  'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft '.repeat(3).slice(0, 200),
  'نقابة المهندسين المعماريين والمدنيين '.repeat(6).slice(0, 200),
  'Ένωση Εργαζομένων Ναυτιλιακών Επιχειρήσεων '.repeat(5).slice(0, 200),
  'Объединение профессиональных союзов '.repeat(6).slice(0, 200),
  'איגוד העובדים הסוציאליים '.repeat(8).slice(0, 200),
  'หน่วยงานสนับสนุนลูกค้าแห่งชาติ '.repeat(7).slice(0, 200),
  'Evil\u202emoc.exe Ltd',
  'Zero\u200bwidth\u2060 and tag',
  `Combining ${'\u0301'.repeat(60)} marks`,
  '<img src=x onerror=alert(1)>',
]

/** The server's own answer with other names in it. */
const nameHard = (page: Page) =>
  page.route(listOfTenants, async (route) => {
    const answer = await route.fetch()
    const { items, ...rest } = (await answer.json()) as Overview
    const renamed = items.map((row, n) => ({ ...row, tenant: { ...row.tenant, name: hardNames[n] ?? row.tenant.name } }))
    await route.fulfill({ response: answer, json: { ...rest, items: renamed } })
  })

/** The server's own answer as it is before the first signal. */
const silence = (page: Page) =>
  page.route(listOfTenants, async (route) => {
    const answer = await route.fetch()
    const { items, cards, ...rest } = (await answer.json()) as Overview
    const health = (since: string) => ({
      status: 'unknown' as const,
      since,
      causes: [
        {
          rule: 'no_signal' as const,
          value: null,
          threshold: null,
          baseline: null,
          since,
          sentence: 'no signal yet: no source has sent anything',
        },
      ],
    })
    const silent: Overview = {
      ...rest,
      cards: { total: cards.total, healthy: 0, warning: 0, critical: 0, unknown: cards.total },
      signals: { state: 'none', last_at: null },
      items: items.map(({ tenant, health: { since } }) => ({
        tenant,
        health: health(since),
        traffic: { calls_24h: 0, errors_24h: 0, error_rate: null, last_call_at: null },
        hours: Array.from({ length: 24 }, () => 0),
      })),
    }
    await route.fulfill({ response: answer, json: silent })
  })

type Made = { session: string; revoked: string; user: string; request: string }

const openGates = async (page: Page, action: string) => {
  await page.getByRole('table', { name: 'Actions' }).getByRole('button', { name: action }).click()
  await page.getByRole('form', { name: action }).getByLabel('Reason').waitFor()
}

const ticketLink = '/go?ticket=SUP-4831&user=eve@globex.example'

/** From the link of a ticket to the product, by keyboard. */
const stepIn = async (page: Page) => {
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'eve@globex.example' }).waitFor()
  await page.waitForFunction(() => document.activeElement?.textContent?.startsWith('Step in'))
  await page.keyboard.press('Enter')
  await product(page).getByRole('heading', { name: 'Dashboard' }).waitFor()
}
const product = (page: Page) => page.frameLocator('iframe')
const openNotification = async (page: Page) => {
  await product(page).getByRole('link', { name: 'Notifications' }).click()
  await product(page).locator('a[href^="/notifications/"]').first().click()
  await page.getByRole('list').getByText('The page tried to mark a notification as read').waitFor()
}

const sendRequest = async (page: Page) => {
  await page.getByRole('tab', { name: 'Send a request' }).click()
  await page.getByLabel('Route').selectOption('GET /v1/attestations')
  await page.getByRole('button', { name: /^Send/ }).click()
  await page.getByRole('table').first().waitFor()
  // A narrow page shows where the focus is.
  await page.getByRole('button', { name: /^Send/ }).focus()
}

/** A passkey in software, in the browser itself. */
const giveKey = async (page: Page) => {
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('WebAuthn.enable')
  await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })
}

const pictures = ({ session, revoked, user, request }: Made): Picture[] => [
  { name: 'sign-in', path: '/sign-in', by: 'nobody' },
  { name: 'sign-in-refused', path: '/sign-in', by: 'eve' },
  { name: 'audit', path: '/audit' },
  {
    name: 'audit-detail',
    path: `/audit?session_id=${session}&result=deny`,
    act: async (page) => {
      await page.locator('table[aria-label=Events] tr[data-row] td').first().click()
      await page.getByText('canonical entry below').waitFor()
    },
  },
  { name: 'tenants', path: '/tenants' },
  { name: 'tenants-none', path: '/tenants?query=nobody-has-this-name' },
  { name: 'tenants-loading', path: '/tenants', before: (page) => page.route(listOfTenants, () => {}), isLoading: true },
  {
    name: 'tenants-failed',
    isFailed: true,
    path: '/tenants',
    before: (page) =>
      page.route(listOfTenants, (route) => {
        const { status, title, hint } = errorCatalogue.store_unavailable
        const problem = { type: 'about:blank', title, status, code: 'store_unavailable', hint, request_id: `req_${'0'.repeat(32)}` }
        return route.fulfill({ status, contentType: 'application/problem+json', json: problem })
      }),
    act: (page) => page.getByRole('alert').waitFor(),
  },
  { name: 'tenants-long-names', path: '/tenants', before: nameHard },
  { name: 'tenants-no-signal', path: '/tenants', before: silence },
  { name: 'tenant', path: '/tenants/ten_umbrella' },
  { name: 'tenant-users', path: '/tenants/ten_globex?tab=users' },
  { name: 'create-session', path: '/tenants/ten_globex', act: fillSession },
  { name: 'sessions', path: '/sessions' },
  { name: 'session', path: `/sessions/${session}` },
  {
    name: 'session-request',
    path: `/sessions/${session}`,
    act: async (page) => {
      await page.locator('table[aria-label="Access Logs"] tr[data-row]').filter({ hasText: 'sink_blocked' }).locator('td').first().click()
      await page.getByRole('link', { name: 'Events of this request' }).waitFor()
    },
  },
  { name: 'insights', path: '/insights' },
  { name: 'session-revoked', path: `/sessions/${revoked}` },
  {
    name: 'revoke-session',
    path: `/sessions/${session}`,
    act: async (page) => {
      await page.getByRole('button', { name: 'Revoke Session' }).click()
      await dialog(page).getByLabel('Reason').fill('The customer found it')
    },
  },
  { name: 'users-none', path: '/users?query=nobody-has-this-name' },
  { name: 'users', path: '/users?query=eve' },
  { name: 'user', path: `/users/${user}?ticket=SUP-4831` },
  {
    name: 'user-gates',
    path: `/users/${user}?ticket=SUP-4831`,
    act: async (page) => {
      await openGates(page, 'Revoke all sessions')
      await page.getByLabel('Reason').fill('She lost')
    },
  },
  {
    name: 'user-break-glass',
    path: `/users/${user}?ticket=SUP-4831`,
    act: async (page) => {
      await openGates(page, 'Suspend account')
      await page.getByLabel('Reason').fill('Her laptop was stolen and is still signed in')
      await page.getByRole('button', { name: 'Ask for approval', disabled: false }).waitFor()
    },
  },
  {
    name: 'force-logout',
    path: '/tenants/ten_globex',
    act: async (page) => {
      await page.getByRole('button', { name: 'Force Logout All Sessions' }).click()
      await dialog(page).getByLabel('Reason').fill('Their identity provider was breached')
      await dialog(page)
        .getByRole('button', { name: /^Force logout of/, disabled: false })
        .waitFor()
    },
  },
  { name: 'request-mine', path: `/approvals/${request}` },
  { name: 'approvals', path: '/approvals', by: 'mgr' },
  { name: 'countersign', path: `/approvals/${request}`, by: 'mgr' },
  {
    name: 'keys',
    path: '/keys',
    by: 'mgr',
    act: async (page) => {
      await giveKey(page)
      await page.getByLabel('Name').fill('Work laptop')
      await page.getByRole('button', { name: 'Add a passkey' }).click()
      await page.getByText('may sign', { exact: true }).waitFor()
    },
  },
  {
    name: 'palette',
    path: '/users',
    act: async (page) => {
      await page.keyboard.press('Control+k')
      await page.getByRole('combobox').fill('glob')
      await page.getByRole('option', { name: /Create Support Session on Globex/ }).waitFor()
      await page
        .getByRole('option', { name: /@globex\.example/ })
        .first()
        .waitFor()
    },
  },
  { name: 'forbidden', path: '/tenants', by: 'aud' },
  {
    name: 'connection-lost',
    path: '/sessions',
    act: async (page) => {
      await page.context().setOffline(true)
      await page.getByText('The server does not answer').first().waitFor()
    },
  },
  { name: 'runner', path: `/sessions/${session}`, act: sendRequest },
  { name: 'go', path: ticketLink },
  { name: 'view', path: ticketLink, act: stepIn },
  { name: 'view-refused', act: openNotification },
  {
    name: 'view-ended',
    act: async (page) => {
      await page.getByRole('button', { name: 'End now' }).click()
      await page.getByText('You ended the session').waitFor()
    },
  },
  {
    name: 'session-created',
    path: '/tenants/ten_hooli',
    act: async (page) => {
      await fillSession(page)
      await dialog(page).getByLabel('Time to live').fill('1')
      await dialog(page).getByRole('button', { name: 'Create Session' }).click()
      await dialog(page).getByText('shown once').waitFor()
    },
  },
]

const enter = async (page: Page, program: Program, { by = 'rob' }: Picture): Promise<void> => {
  await page.context().clearCookies()
  if (by === 'nobody') return void (await page.goto(`${program.console}/sign-in`))
  if (by !== 'eve') return signInAs(page, program.console, by)
  await page.goto(`${program.console}/sign-in`)
  await page.getByRole('link', { name: /eve@vendor\.example/ }).click()
  await page.getByRole('alert').waitFor()
}

const shoot = async (page: Page, name: string): Promise<void> => {
  await page.mouse.move(1, 400)
  await page.evaluate(() => document.fonts.ready)
  for (const width of widths) {
    await page.setViewportSize({ width, height: width === 390 ? 844 : 900 })
    for (const colorScheme of schemes) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      await page.evaluate(() => document.activeElement?.scrollIntoView({ block: 'nearest' }))
      await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))))
      await page.screenshot({ path: join(folder, `${name}-${width}-${colorScheme}.png`), animations: 'disabled', caret: 'hide' })
    }
  }
}

/** Everything is there, and the page follows what happens. */
const settled = async (page: Page): Promise<void> => {
  await settle(page)
  await page
    .getByText(/^connecting\b/)
    .first()
    .waitFor({ state: 'detached' })
}

const take = async (context: BrowserContext, page: Page, program: Program, all: Picture[]): Promise<void> => {
  let signedIn = ''
  for (const picture of all) {
    await context.setOffline(false)
    await page.unrouteAll({ behavior: 'ignoreErrors' })
    await page.setViewportSize({ width: 1440, height: 900 })
    const who = picture.by ?? 'rob'
    if (who !== signedIn) await enter(page, program, picture)
    signedIn = who
    await picture.before?.(page)
    if (picture.path && who !== 'eve' && who !== 'nobody') {
      await page.goto(`${program.console}${picture.path}`)
      if (picture.isLoading) await page.locator('.skeleton').first().waitFor()
      // What has no list yet follows nothing.
      else await (picture.isFailed ? settle(page) : settled(page))
    }
    if (who === 'nobody') await page.getByRole('link', { name: /rob@vendor\.example/ }).waitFor()
    await picture.act?.(page)
    if (!picture.isLoading) await settle(page)
    await shoot(page, picture.name)
    process.stdout.write(`  ${picture.name}\n`)
  }
}

const dataDir = newDataDir()
let program: Program | undefined
try {
  program = await startProgram(dataDir.path, { ACME_TRAFFIC: '0.5', ACME_MADE_UP: '1', ...(await usualPorts()) })
  const made = await work(program, dataDir.path)
  if (process.argv.length === 2) rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const browser = await openChromium()
  try {
    const wanted = process.argv.slice(2)
    await take(
      browser.context,
      browser.page,
      program,
      pictures(made).filter(({ name }) => wanted.length === 0 || wanted.includes(name)),
    )
  } finally {
    await browser.close()
  }
  const files = readdirSync(folder)
  const bytes = files.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
  console.log(`${files.length} pictures in docs/images, ${(bytes / 1e6).toFixed(1)} MB`)
} finally {
  await program?.stop()
  dataDir.remove()
}
