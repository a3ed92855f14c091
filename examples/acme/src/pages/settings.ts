import { fromNodeHeaders } from 'better-auth/node'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Acme } from '../acme.ts'
import { asked, ChangePassword } from '../api/account.ts'
import { parse } from '../api/route.ts'
import { Problem } from '../problem.ts'
import { type Html, html } from './html.ts'
import { addForms, addViews } from './page.ts'
import { csrfField, shell } from './shell.ts'
import { isManager, type Viewer } from './viewer.ts'

const password = z.string().max(200)
const ChangeEmail = z.strictObject({ email: z.email().max(320), password })
const Confirmed = z.strictObject({ password })
const News = z.object({ done: z.enum(['password', 'email', 'mfa']).optional().catch(undefined) })

const news = {
  password: 'Your password is changed.',
  email: 'Your e-mail address is changed.',
  mfa: 'Your authenticator is no longer asked for.',
} as const

/** What only the person themselves may change: each form is closed to support, whatever its scopes. */
export function addSettingPages(app: FastifyInstance, acme: Acme): void {
  const api = () => acme.auth().api
  const headersOf = (request: FastifyRequest) => fromNodeHeaders(request.headers)

  addViews(app, acme, [
    {
      url: '/settings',
      scope: 'tenant:read',
      show: async ({ viewer, request }) => settings(viewer, parse(News, request.query).done),
    },
  ])
  addForms(app, acme, [
    {
      url: '/settings/password',
      scope: null,
      save: async ({ request, fields }) => {
        const { current_password: currentPassword, new_password: newPassword } = parse(ChangePassword, fields)
        const body = { currentPassword, newPassword, revokeOtherSessions: false }
        await asked(api().changePassword({ headers: headersOf(request), body }))
        return '/settings?done=password'
      },
    },
    {
      url: '/settings/email',
      scope: null,
      save: async ({ viewer, request, fields }) => {
        const { email, password } = parse(ChangeEmail, fields)
        await asked(api().verifyPassword({ headers: headersOf(request), body: { password } }))
        await changeEmail(acme, viewer.caller.actor, email.toLowerCase())
        return '/settings?done=email'
      },
    },
    {
      url: '/settings/mfa',
      scope: null,
      save: async ({ request, fields }) => {
        await asked(api().disableTwoFactor({ headers: headersOf(request), body: parse(Confirmed, fields) }))
        return '/settings?done=mfa'
      },
    },
    {
      url: '/settings/delete',
      scope: null,
      save: async ({ request, fields }) => {
        await asked(api().deleteUser({ headers: headersOf(request), body: parse(Confirmed, fields) }))
        return '/'
      },
    },
    {
      url: '/sign-out',
      scope: null,
      save: async ({ request, reply }) => {
        const { headers } = await api().signOut({ headers: headersOf(request), returnHeaders: true })
        for (const cookie of headers.getSetCookie()) reply.header('set-cookie', cookie)
        return '/sign-in'
      },
    },
  ])
}

const uniqueViolation = '23505'

async function changeEmail({ database: { db } }: Acme, userId: string, email: string): Promise<void> {
  try {
    await db.updateTable('user').set({ email, updatedAt: new Date() }).where('id', '=', userId).execute()
  } catch (error) {
    if ((error as { code?: string }).code === uniqueViolation) throw new Problem('conflict', 'somebody has this address already')
    throw error
  }
}

function settings(viewer: Viewer, done: keyof typeof news | undefined): Html {
  const { person, tenant } = viewer
  const confirm = html`<label>Your password <input name="password" type="password" autocomplete="current-password" required></label>`
  return shell(viewer, {
    title: 'Settings',
    at: '/settings',
    body: html`${done !== undefined && html`<p role="status" class="card">${news[done]}</p>`}
${!person && html`<p class="hint">These are settings of one person, and you see ${tenant.name} as nobody in particular.</p>`}
<div class="columns">
<section class="card"><h2>Password</h2><form method="post" action="/settings/password">${csrfField(viewer)}
<label>Current password <input name="current_password" type="password" autocomplete="current-password" required></label>
<label>New password <input name="new_password" type="password" autocomplete="new-password" minlength="12" required></label>
<div class="row"><button>Change the password</button></div></form></section>
<section class="card"><h2>E-mail</h2><form method="post" action="/settings/email">${csrfField(viewer)}
<label>Address <input name="email" type="email" value="${person?.email}" required></label>${confirm}
<div class="row"><button>Change the address</button></div></form></section>
<section class="card"><h2>Authenticator</h2>${
      person && !person.hasTotp
        ? html`<p class="hint">None is set up.</p>`
        : html`<form method="post" action="/settings/mfa">${csrfField(viewer)}${confirm}<div class="row"><button>Stop asking for a code</button></div></form>`
    }
<p><a href="/v1/account/logout-everywhere">Sign out everywhere</a></p></section>
${
  isManager(viewer) &&
  html`<section class="card"><h2>API keys</h2><form data-key="/v1/api-keys"><label>Name <input name="name" required maxlength="100"></label>
<div class="row"><button>Create a key</button></div><p role="status"><output id="key"></output></p></form></section>`
}
<section class="card"><h2>Delete the account</h2><form method="post" action="/settings/delete">${csrfField(viewer)}${confirm}
<div class="row"><button class="danger">Delete my account</button></div></form></section>
</div>`,
  })
}
