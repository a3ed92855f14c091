import { afterAll, beforeAll, expect, it } from 'vitest'
import { seededPassword } from '../../examples/acme/src/seed/people.ts'
import { signIn } from '../acme/rig.ts'
import { fillFolder, newFolder } from '../support/embedded.ts'
import { type Firefox, openFirefox, whyNoFirefox } from '../support/firefox.ts'
import { type Program, startProgram } from '../support/program.ts'
import { describeUnless } from '../support/unless.ts'

const dataDir = newFolder()
let program: Program
let firefox: Firefox
/** Eve's own sign-in at the product, from before anybody stepped in. */
let cookie: string

const asEve = async (path: string) => (await fetch(program.example + path, { headers: { cookie } })).json()
type List<T> = { items: T[] }
const attestation = async () =>
  ((await asEve('/v1/attestations?limit=1&status=valid')) as List<{ id: string; note: string | null }>).items[0]
const unread = async () =>
  ((await asEve('/v1/notifications')) as List<{ id: string; read_at: string | null }>).items.filter(({ read_at }) => read_at === null)
const sessions = () => asEve('/api/auth/list-sessions')

describeUnless(whyNoFirefox, 'C43 S13 the story of stepping in, in Firefox', () => {
  beforeAll(async () => {
    await fillFolder(dataDir.path)
    program = await startProgram(dataDir.path, { ACME_TRAFFIC: '0' })
    firefox = await openFirefox()
    cookie = await signIn(program.example, 'eve@globex.example', seededPassword)
  })
  afterAll(async () => {
    await firefox?.close()
    await program?.stop()
    dataDir.remove()
  })

  let sessionId = ''
  let frame = ''
  const visit = async (path: string) => {
    await firefox.goto(`${program.console}/sessions/${sessionId}/view?path=${encodeURIComponent(path)}`)
    frame = await firefox.frameAt(new RegExp(`${path}$`))
  }

  it('rob signs in and opens a session on eve', async () => {
    await firefox.goto(`${program.console}/sign-in`)
    await firefox.click('a', 'rob@vendor.example')
    await firefox.see("location.pathname === '/tenants'")
    const input = {
      tenant_id: 'ten_globex',
      target_user_id: 'usr_eve_globex',
      reason: 'Cannot find an attestation',
      ticket: 'SUP-4831',
      ttl_minutes: 15,
    }
    const made = await firefox.evaluate<{ session: { id: string } }>(
      `fetch('/api/sessions', { method: 'POST', headers: { 'content-type': 'application/json' }, body: ${JSON.stringify(JSON.stringify(input))} }).then((answer) => answer.json())`,
    )
    sessionId = made.session.id
  })

  it('sees the dashboard as eve does, with all that its scripts load', async () => {
    await visit('/dashboard')
    await firefox.see("document.body.innerText.includes('sees this as Eve Rourke does')", frame)
    await firefox.see("document.querySelector('#chart rect') && document.querySelector('#feed li')", frame)
    await firefox.see(`document.querySelector('[aria-label="Stepped in"]').textContent.includes('eve@globex.example')`)
    const cookies = (await firefox.cookies()).filter(({ domain }) => domain !== 'localhost')
    expect(cookies.map(({ name }) => name)).toEqual(['__Host-countersign-view'])
  })

  it('tries to save, and is refused: nothing is changed at the product', async () => {
    const before = await attestation()
    await visit(`/attestations/${before?.id}`)
    await firefox.see("document.querySelector('textarea[name=note]')", frame)
    await firefox.evaluate("document.querySelector('textarea[name=note]').value = 'by support'", frame)
    await firefox.click('button', 'Save', frame)
    await firefox.see("document.querySelector('h1') && document.body.innerText.includes('req_')", frame)
    expect(await attestation()).toEqual(before)
  })

  it('tries to open a notification, and is refused: it stays unread', async () => {
    const before = await unread()
    await visit('/notifications')
    await firefox.click('a', 'unread', frame)
    await firefox.see("document.body.innerText.includes('notifications:write')", frame)
    await firefox.see("document.body.innerText.includes('The page tried to mark a notification as read')")
    expect(await unread()).toEqual(before)
    expect(before).not.toEqual([])
  })

  it('ends it: the product is gone, and eve’s own sign-in was never touched', async () => {
    const before = await sessions()
    await firefox.click('button', 'End now')
    await firefox.see("!document.querySelector('iframe') && document.body.innerText.includes('You ended the session')")
    expect(await sessions()).toEqual(before)
    const story = async () => {
      const { items } = await firefox.evaluate<List<{ action: string; session_id: string | null }>>(
        "fetch('/api/audit?limit=200').then((answer) => answer.json())",
      )
      return items.filter(({ session_id }) => session_id === sessionId).map(({ action }) => action)
    }
    const told = ['IMPERSONATE.STARTED', 'SUPPORT_SESSION.VIEW.ENTERED', 'SUPPORT_SESSION.REQUEST.REFUSED', 'IMPERSONATE.ENDED']
    await expect.poll(story).toEqual(expect.arrayContaining(told))
  })
})
